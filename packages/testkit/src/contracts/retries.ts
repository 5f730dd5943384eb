import { LIMITS } from '@skein/protocol'
import { describe, expect, it } from 'vitest'
import type { Opened } from './store-harness.ts'
import { accepted, asMember, at, codeOf, Tenant, texts } from './tenant.ts'

function repeating(opened: Opened): void {
  describe('the same send again', () => {
    it('is answered with the original record', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const entry = tenant.message('g', 'ann', 'once')
      const first = await tenant.ok(entry)
      const again = await tenant.ok(entry, tenant.other)
      expect(first.duplicate).toBe(false)
      expect(again.duplicate).toBe(true)
      expect(again.record).toEqual(first.record)
      expect(again.also).toEqual([])
      const twice = await tenant.commit([entry, entry])
      expect(twice.map((outcome) => accepted(outcome).duplicate)).toEqual([true, true])
      expect(texts((await tenant.readAll('g')).records)).toEqual(['create', 'once'])
    })

    it('stands once when it is twice in one batch', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const entry = tenant.message('g', 'ann', 'once')
      const outcomes = (await tenant.commit([entry, entry])).map(accepted)
      expect(outcomes.map((outcome) => outcome.duplicate)).toEqual([false, true])
      expect(at(outcomes, 1).record).toEqual(at(outcomes, 0).record)
    })

    it('stands once when two handles race with it', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      for (let round = 0; round < 20; round++) {
        const entry = tenant.message('g', 'ann', `round ${round}`)
        const handles = [tenant.store, tenant.other, tenant.store, tenant.other]
        const outcomes = await Promise.all(handles.map((store) => tenant.ok(entry, store)))
        expect(outcomes.filter((outcome) => !outcome.duplicate)).toHaveLength(1)
        expect(new Set(outcomes.map((outcome) => outcome.record.event.seq)).size).toBe(1)
      }
      expect((await tenant.readAll('g')).records).toHaveLength(21)
    })

    it('is told from another sender, and from another conversation, with the same clientId', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann', ['bob'])
      await tenant.group('h', 'ann')
      const clientId = tenant.clientId()
      for (const [conversation, sender] of [
        ['g', 'ann'],
        ['g', 'bob'],
        ['h', 'ann'],
      ] as const) {
        expect((await tenant.say(conversation, sender, 'mine', { clientId })).duplicate).toBe(false)
      }
    })

    it('is refused when its body or kind is another', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const entry = tenant.message('g', 'ann', 'one thing')
      await tenant.ok(entry)
      await tenant.no({ ...entry, body: '{"text":"another"}' }, 'clientIdReused')
      await tenant.no({ ...entry, kind: 'title', body: '{"title":"another"}' }, 'clientIdReused')
    })

    it('is refused when it is older than the floor of idempotency', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const old = tenant.clientId(tenant.startMs - LIMITS.clientIdMaxAgeMs - 60_000)
      await tenant.no(tenant.message('g', 'ann', 'too old', { clientId: old }), 'expired')
      const young = tenant.clientId(tenant.startMs - LIMITS.clientIdMaxAgeMs + 60_000)
      await tenant.say('g', 'ann', 'just in time', { clientId: young })
    })

    it('is acknowledged also when its sender was removed after it', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann', ['bob'])
      const entry = tenant.message('g', 'bob', 'said before')
      const first = await tenant.ok(entry)
      await tenant.remove('g', 'ann', 'bob')
      const again = await tenant.ok({ ...entry, after: tenant.clientId() })
      expect(again).toMatchObject({ duplicate: true, record: { event: { seq: first.record.event.seq } } })
    })

    it('changes a membership once', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const entry = tenant.memberEntry('g', 'ann', { change: 'add', members: [asMember('bob')] })
      expect((await tenant.ok(entry)).also).toHaveLength(1)
      expect(await tenant.ok(entry)).toMatchObject({ duplicate: true, also: [] })
      expect(await tenant.logOf('bob')).toHaveLength(1)
    })
  })
}

function chaining(opened: Opened): void {
  describe('after', () => {
    it('is looked at before authorisation, so that an overtaken create does not refuse for good what follows it', async () => {
      const tenant = await Tenant.open(opened())
      const create = tenant.groupEntry('g', 'ann', [])
      const hello = tenant.message('g', 'ann', 'hello', { after: create.clientId })
      await tenant.no(hello, 'outOfOrder')
      await tenant.ok(create)
      await tenant.ok(hello)
    })

    it('is accepted when the preceding send is committed or earlier in the batch', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const one = tenant.message('g', 'ann', 'one')
      await tenant.ok(one)
      const two = tenant.message('g', 'ann', 'two', { after: one.clientId })
      const three = tenant.message('g', 'ann', 'three', { after: two.clientId })
      for (const outcome of await tenant.commit([two, three], tenant.other)) accepted(outcome)
      expect(texts((await tenant.readAll('g')).records)).toEqual(['create', 'one', 'two', 'three'])
    })

    it('is refused when the preceding send is missing, and accepted once it is there', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const one = tenant.message('g', 'ann', 'one')
      const two = tenant.message('g', 'ann', 'two', { after: one.clientId })
      await tenant.no(two, 'outOfOrder')
      expect((await tenant.commit([two, one])).map(codeOf)).toEqual(['outOfOrder', 'committed'])
      await tenant.ok(two)
      expect(texts((await tenant.readAll('g')).records)).toEqual(['create', 'one', 'two'])
    })

    it('is refused down the whole chain when the batch refuses the predecessor', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const one = tenant.message('g', 'ann', 'one', { after: tenant.clientId() })
      const two = tenant.message('g', 'ann', 'two', { after: one.clientId })
      const three = tenant.message('g', 'ann', 'three', { after: two.clientId })
      const free = tenant.message('g', 'ann', 'free')
      const outcomes = await tenant.commit([one, two, free, three])
      expect(outcomes.map(codeOf)).toEqual(['outOfOrder', 'outOfOrder', 'committed', 'outOfOrder'])
    })

    it('means the same sender: the clientId of somebody else does not count', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann', ['bob'])
      const one = await tenant.say('g', 'ann', 'one')
      await tenant.no(tenant.message('g', 'bob', 'two', { after: one.record.event.clientId }), 'outOfOrder')
    })

    it('is satisfied by a create of the same batch, also one that found the conversation there', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.ok(tenant.directEntry('bob', 'ann'))
      const create = tenant.directEntry('ann', 'bob')
      const hello = tenant.message(create.conversation, 'ann', 'hello', { after: create.clientId })
      expect((await tenant.commit([create, hello])).map(codeOf)).toEqual(['committed', 'committed'])
      const group = tenant.groupEntry('g', 'ann', [])
      const first = tenant.message('g', 'ann', 'first', { after: group.clientId })
      expect((await tenant.commit([group, first])).map(codeOf)).toEqual(['committed', 'committed'])
    })
  })
}

function poison(opened: Opened): void {
  describe('a value that a database may not be able to store', () => {
    it.each([
      ['NUL', '{"text":"a\\u0000b"}'],
      ['half of a surrogate pair', '{"text":"a\\ud800b"}'],
    ])('spoils only itself in the middle of a batch: %s', async (_name, body) => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const poisoned = { ...tenant.message('g', 'ann', ''), body }
      const before = ['a', 'b', 'c'].map((text) => tenant.message('g', 'ann', text))
      const after = ['d', 'e', 'f'].map((text) => tenant.message('g', 'ann', text))
      const outcomes = await tenant.commit([...before, poisoned, ...after])
      const culprit = at(outcomes, 3)
      expect(['unstorable', 'committed']).toContain(codeOf(culprit))
      expect(outcomes.filter((outcome) => outcome !== culprit).map(codeOf)).toEqual(
        Array(6).fill('committed'),
      )
      const { records } = await tenant.readAll('g')
      const clean = records.filter((record) => record.event.clientId !== poisoned.clientId)
      expect(texts(clean)).toEqual(['create', 'a', 'b', 'c', 'd', 'e', 'f'])
      expect(records.map((record) => record.event.seq)).toEqual(records.map((_, index) => index + 1))
    })

    it('leaves the lane usable', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      await tenant.one({ ...tenant.message('g', 'ann', ''), body: '{"text":"\\u0000"}' })
      await tenant.say('g', 'ann', 'still here')
    })
  })
}

export function retries(opened: Opened): void {
  repeating(opened)
  chaining(opened)
  poison(opened)
}
