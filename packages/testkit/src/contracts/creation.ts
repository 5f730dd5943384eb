import { directConversationId } from '@skein/protocol'
import { describe, expect, it } from 'vitest'
import type { Opened } from './store-harness.ts'
import { accepted, asMember, at, codeOf, Tenant } from './tenant.ts'

function direct(opened: Opened): void {
  describe('creating a direct conversation', () => {
    it('tells both users, each naming the other', async () => {
      const tenant = await Tenant.open(opened())
      const entry = tenant.directEntry('ann', 'bob')
      const outcome = await tenant.ok(entry)
      const origin = tenant.store.identity.origin
      expect(outcome.record.event).toMatchObject({
        seq: 1,
        kind: 'create',
        count: 0,
        body: { type: 'direct', with: 'bob' },
      })
      expect(outcome.also.map((record) => record.conversation).toSorted()).toEqual(['@ann', '@bob'])
      expect(at(await tenant.logOf('bob'), 0)).toMatchObject({
        kind: 'joined',
        sender: '$system',
        body: {
          conversation: entry.conversation,
          type: 'direct',
          peer: 'ann',
          role: 'member',
          from: {},
          read: { [origin]: { seq: 1, count: 0 } },
        },
      })
      expect(at(await tenant.logOf('ann'), 0).body).toMatchObject({ peer: 'bob' })
    })

    it('happens once when both sides race', async () => {
      const tenant = await Tenant.open(opened())
      for (let round = 0; round < 10; round++) {
        const peer = `bob${round}`
        const sides = [
          tenant.ok(tenant.directEntry('ann', peer), tenant.store),
          tenant.ok(tenant.directEntry(peer, 'ann'), tenant.other),
        ]
        const outcomes = await Promise.all(sides)
        expect(outcomes.filter((outcome) => outcome.duplicate)).toHaveLength(1)
        expect(at(outcomes, 0).record).toEqual(at(outcomes, 1).record)
        expect(await tenant.logOf(peer)).toHaveLength(1)
        expect((await tenant.readAll(directConversationId('ann', peer))).records).toHaveLength(1)
      }
    })

    it('is refused under an id that is not the hash of its two users', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.no({ ...tenant.directEntry('ann', 'bob'), conversation: 'anything' }, 'malformed')
      await tenant.no({ ...tenant.directEntry('ann', 'bob'), sender: 'eve' }, 'malformed')
    })

    it('can be done by the backend in the name of one of the two', async () => {
      const tenant = await Tenant.open(opened())
      const outcome = await tenant.ok(tenant.directEntry('ann', 'bob', { authority: 'system' }))
      expect(await tenant.store.roleOf(tenant.app, outcome.record.conversation, 'bob')).toBe('member')
    })
  })
}

function group(opened: Opened): void {
  describe('creating a group', () => {
    it('makes the creator owner and gives the others their roles', async () => {
      const tenant = await Tenant.open(opened())
      const members = [asMember('bob'), { user: 'carol', role: 'admin' as const }, asMember('ann')]
      const body = { type: 'group', title: 'Geese', members }
      const outcome = await tenant.ok(tenant.entry('g', 'ann', body, { kind: 'create' }))
      expect(outcome.record.event.body).toEqual(body)
      expect(outcome.also).toHaveLength(3)
      const page = await tenant.store.members({ app: tenant.app, conversation: 'g', limit: 10 })
      expect(page).toEqual({
        members: [{ user: 'ann', role: 'owner' }, asMember('bob'), { user: 'carol', role: 'admin' }],
        more: false,
      })
      expect(at(await tenant.logOf('carol'), 0)).toMatchObject({
        kind: 'joined',
        body: { conversation: 'g', type: 'group', title: 'Geese', role: 'admin', from: {} },
      })
    })

    it('is refused when another create has the id, and a duplicate when it is the same one', async () => {
      const tenant = await Tenant.open(opened())
      const entry = tenant.groupEntry('g', 'ann', [])
      await tenant.ok(entry)
      expect((await tenant.ok(entry)).duplicate).toBe(true)
      await tenant.no(tenant.groupEntry('g', 'ann', []), 'conversationExists')
      await tenant.no(tenant.groupEntry('g', 'bob', []), 'conversationExists')
    })

    it('has one winner when two users race for the id', async () => {
      const tenant = await Tenant.open(opened())
      for (let round = 0; round < 10; round++) {
        const outcomes = await Promise.all([
          tenant.one(tenant.groupEntry(`g${round}`, 'ann', []), tenant.store),
          tenant.one(tenant.groupEntry(`g${round}`, 'bob', []), tenant.other),
        ])
        expect(outcomes.map(codeOf).toSorted()).toEqual(['committed', 'conversationExists'])
      }
    })

    it('is refused under an id that is kept for direct conversations', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.no(tenant.groupEntry('d_mine', 'ann', []), 'malformed')
    })

    it('by the backend makes only those members that are named', async () => {
      const tenant = await Tenant.open(opened())
      const entry = tenant.groupEntry('g', '$system', [{ user: 'ann', role: 'owner' }], {
        authority: 'system',
      })
      accepted(await tenant.one(entry))
      expect(await tenant.store.conversation(tenant.app, 'g')).toMatchObject({ type: 'group', members: 1 })
      expect(await tenant.store.roleOf(tenant.app, 'g', 'ann')).toBe('owner')
    })
  })
}

export function creation(opened: Opened): void {
  direct(opened)
  group(opened)
}
