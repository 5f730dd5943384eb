import type { MemberBody } from '@skein/protocol'
import type { RefusalCode } from '@skein/server'
import { describe, expect, it } from 'vitest'
import type { Opened } from './store-harness.ts'
import { asMember, at, codeOf, Tenant, texts } from './tenant.ts'

function sending(opened: Opened): void {
  describe('sending', () => {
    it('is for members of conversations that exist', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.no(tenant.message('g', 'ann', 'nowhere'), 'conversationUnknown')
      await tenant.group('g', 'ann', ['bob'])
      await tenant.no(tenant.message('g', 'eve', 'let me in'), 'notMember')
      await tenant.remove('g', 'ann', 'bob')
      await tenant.no(tenant.message('g', 'bob', 'too late'), 'notMember')
      await tenant.say('g', '$system', 'the backend may', { authority: 'system' })
      await tenant.say('g', 'eve', 'in the name of a stranger, too', { authority: 'system' })
    })

    it('is judged inside the batch, after what stands before it', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann', ['bob'])
      const outcomes = await tenant.commit([
        tenant.message('g', 'bob', 'still in'),
        tenant.memberEntry('g', 'ann', { change: 'remove', user: 'bob' }),
        tenant.message('g', 'bob', 'out'),
        tenant.memberEntry('g', 'ann', { change: 'add', members: [asMember('bob')] }),
        tenant.message('g', 'bob', 'back'),
      ])
      expect(outcomes.map(codeOf)).toEqual(['committed', 'committed', 'notMember', 'committed', 'committed'])
    })

    it('cannot slip in behind a kick that it races with', async () => {
      const tenant = await Tenant.open(opened())
      for (let round = 0; round < 10; round++) {
        const conversation = `g${round}`
        await tenant.group(conversation, 'ann', ['bob'])
        const sends = Array.from({ length: 6 }, (_, index) =>
          tenant.one(
            tenant.message(conversation, 'bob', `${index}`),
            index % 2 === 0 ? tenant.store : tenant.other,
          ),
        )
        const kick = tenant.remove(conversation, 'ann', 'bob')
        const late = tenant.one(tenant.message(conversation, 'bob', 'late'), tenant.other)
        const outcomes = await Promise.all([...sends, late])
        const kicked = (await kick).record.event.seq
        for (const outcome of outcomes) {
          if (outcome.status === 'committed') expect(outcome.record.event.seq).toBeLessThan(kicked)
          else expect(outcome.code).toBe('notMember')
        }
      }
    })

    it('never reaches a user system log', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const outcome = await tenant.one(tenant.message('@ann', 'ann', 'to my own log'))
      expect(outcome.status).toBe('refused')
      expect(await tenant.logOf('ann')).toHaveLength(1)
    })
  })
}

interface Rule {
  readonly who: string
  readonly does: MemberBody
  readonly answer: RefusalCode | 'committed'
}

const add = (user: string, role: 'owner' | 'admin' | 'member' = 'member'): MemberBody => ({
  change: 'add',
  members: [{ user, role }],
})
const remove = (user: string): MemberBody => ({ change: 'remove', user })
const role = (user: string, to: 'owner' | 'admin' | 'member'): MemberBody => ({
  change: 'role',
  user,
  role: to,
})

/** In a group of owner `olga`, admins `adam` and `abel`, members `mia` and `max`. */
const RULES: readonly Rule[] = [
  { who: 'olga', does: add('new'), answer: 'committed' },
  { who: 'olga', does: add('new', 'owner'), answer: 'committed' },
  { who: 'adam', does: add('new'), answer: 'committed' },
  { who: 'adam', does: add('new', 'admin'), answer: 'forbidden' },
  { who: 'mia', does: add('new'), answer: 'forbidden' },
  { who: 'eve', does: add('eve'), answer: 'notMember' },
  { who: 'olga', does: add('mia'), answer: 'committed' },
  { who: 'olga', does: remove('adam'), answer: 'committed' },
  { who: 'olga', does: remove('eve'), answer: 'notMember' },
  { who: 'olga', does: remove('olga'), answer: 'forbidden' },
  { who: 'adam', does: remove('mia'), answer: 'committed' },
  { who: 'adam', does: remove('abel'), answer: 'forbidden' },
  { who: 'adam', does: remove('olga'), answer: 'forbidden' },
  { who: 'adam', does: remove('adam'), answer: 'committed' },
  { who: 'mia', does: remove('max'), answer: 'forbidden' },
  { who: 'mia', does: remove('mia'), answer: 'committed' },
  { who: 'eve', does: remove('mia'), answer: 'notMember' },
  { who: 'olga', does: role('mia', 'admin'), answer: 'committed' },
  { who: 'olga', does: role('olga', 'member'), answer: 'forbidden' },
  { who: 'olga', does: role('eve', 'admin'), answer: 'notMember' },
  { who: 'adam', does: role('mia', 'admin'), answer: 'forbidden' },
  { who: '$system', does: add('new', 'owner'), answer: 'committed' },
  { who: '$system', does: remove('olga'), answer: 'committed' },
  { who: '$system', does: role('olga', 'member'), answer: 'committed' },
]

function membership(opened: Opened): void {
  describe('changing a membership', () => {
    it.each(RULES)('$who does $does: $answer', async ({ who, does, answer }) => {
      const tenant = await Tenant.open(opened())
      const admins = ['adam', 'abel'].map((user) => ({ user, role: 'admin' as const }))
      await tenant.ok(tenant.groupEntry('g', 'olga', [...admins, asMember('mia'), asMember('max')]))
      const entry = tenant.memberEntry('g', who, does, { authority: who === '$system' ? 'system' : 'member' })
      expect(codeOf(await tenant.one(entry))).toBe(answer)
    })

    it('skips those who are members already, keeping their role', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann', ['bob'])
      const body: MemberBody = { change: 'add', members: [{ user: 'bob', role: 'admin' }, asMember('carol')] }
      const outcome = await tenant.ok(tenant.memberEntry('g', 'ann', body))
      expect(outcome.also.map((record) => record.conversation)).toEqual(['@carol'])
      expect(await tenant.store.roleOf(tenant.app, 'g', 'bob')).toBe('member')
    })

    it('lets the last owner go when nobody else remains, and a second owner at any time', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('alone', 'ann')
      await tenant.remove('alone', 'ann', 'ann')
      await tenant.group('g', 'ann', ['bob', 'carol'])
      await tenant.ok(tenant.memberEntry('g', 'ann', role('bob', 'owner')))
      await tenant.remove('g', 'ann', 'ann')
      await tenant.no(tenant.memberEntry('g', 'bob', remove('bob')), 'forbidden')
    })

    it('is written to the system log of those whom it concerns', async () => {
      const tenant = await Tenant.open(opened())
      const origin = tenant.store.identity.origin
      await tenant.group('g', 'ann')
      await tenant.say('g', 'ann', 'hello')
      await tenant.add('g', 'ann', 'bob')
      await tenant.ok(tenant.memberEntry('g', 'ann', role('bob', 'admin')))
      await tenant.remove('g', 'bob', 'bob')
      const log = await tenant.logOf('bob')
      expect(log.map((event) => event.kind)).toEqual(['joined', 'role', 'left'])
      expect(log.every((event) => event.sender === '$system' && event.count === 0)).toBe(true)
      expect(at(log, 0).body).toMatchObject({
        conversation: 'g',
        from: { [origin]: 2 },
        read: { [origin]: { seq: 3, count: 1 } },
      })
      expect(at(log, 1).body).toEqual({ conversation: 'g', role: 'admin' })
      expect(at(log, 2).body).toEqual({ conversation: 'g', until: { [origin]: 5 } })
      expect(new Set(log.map((event) => event.clientId)).size).toBe(3)
      expect(await tenant.logOf('ann')).toHaveLength(1)
    })

    it('is forbidden in direct conversations, as is a title', async () => {
      const tenant = await Tenant.open(opened())
      const { record } = await tenant.ok(tenant.directEntry('ann', 'bob'))
      await tenant.no(tenant.memberEntry(record.conversation, 'ann', add('carol')), 'forbidden')
      await tenant.no(tenant.memberEntry(record.conversation, 'ann', remove('ann')), 'forbidden')
      await tenant.no(
        tenant.entry(record.conversation, 'ann', { title: 'Us' }, { kind: 'title' }),
        'forbidden',
      )
    })

    it('needs a conversation', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.no(tenant.memberEntry('g', 'ann', add('bob')), 'conversationUnknown')
      await tenant.no(tenant.entry('g', 'ann', { title: 'None' }, { kind: 'title' }), 'conversationUnknown')
    })
  })
}

function titles(opened: Opened): void {
  it('lets owners, admins and the backend give a title, which everybody then sees', async () => {
    const tenant = await Tenant.open(opened())
    await tenant.ok(tenant.groupEntry('g', 'ann', [{ user: 'adam', role: 'admin' }, asMember('bob')]))
    const title = (sender: string, text: string, authority: 'member' | 'system' = 'member') =>
      tenant.one(tenant.entry('g', sender, { title: text }, { kind: 'title', authority }))
    expect(codeOf(await title('bob', 'Mine'))).toBe('forbidden')
    expect(codeOf(await title('eve', 'Mine'))).toBe('notMember')
    for (const [sender, authority] of [
      ['ann', 'member'],
      ['adam', 'member'],
      ['$system', 'system'],
    ] as const) {
      expect(codeOf(await title(sender, `by ${sender}`, authority))).toBe('committed')
      expect(await tenant.store.conversation(tenant.app, 'g')).toMatchObject({ title: `by ${sender}` })
      expect(at((await tenant.user('bob')).conversations, 0).title).toBe(`by ${sender}`)
    }
    await tenant.add('g', 'ann', 'carol')
    expect(at(await tenant.logOf('carol'), 0).body).toMatchObject({ title: 'by $system' })
    expect(texts((await tenant.readAll('g')).records)).toEqual([
      'create',
      'title',
      'title',
      'title',
      'member',
    ])
  })
}

export function authorisation(opened: Opened): void {
  describe('authorisation inside the commit', () => {
    sending(opened)
    membership(opened)
    titles(opened)
  })
}
