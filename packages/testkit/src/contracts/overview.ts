import { describe, expect, it } from 'vitest'
import type { Opened } from './store-harness.ts'
import { asMember, at, Tenant } from './tenant.ts'

function states(opened: Opened): void {
  describe('what a session begins with', () => {
    it('is every conversation of the user, the one that moved last first', async () => {
      const tenant = await Tenant.open(opened())
      const origin = tenant.store.identity.origin
      await tenant.group('g', 'ann', ['bob'])
      const { record } = await tenant.ok(tenant.directEntry('carol', 'bob'))
      await tenant.group('other', 'ann')
      await tenant.say('g', 'ann', 'newest')
      const state = await tenant.user('bob')
      expect(state.sessionsValidAfterMs).toBe(0)
      expect(state.log).toEqual({ [origin]: { seq: 2, count: 0 } })
      expect(state.conversations.map((item) => item.conversation)).toEqual(['g', record.conversation])
      expect(at(state.conversations, 0)).toMatchObject({
        type: 'group',
        role: 'member',
        from: {},
        heads: { [origin]: { seq: 2, count: 1 } },
        read: { [origin]: { seq: 1, count: 0 } },
        last: { sender: 'ann', body: { text: 'newest' } },
      })
      expect(at(state.conversations, 1)).toMatchObject({ type: 'direct', peer: 'carol' })
      expect(at(state.conversations, 1).last).toBeUndefined()
    })

    it('is nothing for a user that nobody knows, and every user is answered in its place', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const answers = await tenant.store.users(['nobody', 'ann'].map((user) => ({ app: tenant.app, user })))
      expect(answers.map((answer) => answer.conversations.length)).toEqual([0, 1])
      expect(at(answers, 0)).toEqual({ log: {}, conversations: [], sessionsValidAfterMs: 0 })
    })

    it('keeps facts about a conversation', async () => {
      const tenant = await Tenant.open(opened())
      const { record } = await tenant.group('g', 'ann', ['bob', 'carol'])
      await tenant.say('g', 'ann', 'one')
      await tenant.remove('g', 'ann', 'carol')
      expect(await tenant.store.conversation(tenant.app, 'g')).toEqual({
        conversation: 'g',
        type: 'group',
        members: 2,
        heads: { [tenant.store.identity.origin]: { seq: 3, count: 1 } },
        createdAt: record.event.at,
      })
      expect(await tenant.store.conversation(tenant.app, 'none')).toBeUndefined()
      expect(await tenant.store.roleOf(tenant.app, 'g', 'ann')).toBe('owner')
      expect(await tenant.store.roleOf(tenant.app, 'g', 'carol')).toBeUndefined()
      expect(await tenant.store.roleOf(tenant.app, 'none', 'ann')).toBeUndefined()
    })

    it('pages members by user id, with their names', async () => {
      const tenant = await Tenant.open(opened())
      const users = ['Zoe', 'abe', 'bob', 'carl', 'dora']
      await tenant.ok(tenant.groupEntry('g', 'carl', users.map(asMember)))
      await tenant.store.upsertUser(tenant.app, 'dora', { name: 'Dora' })
      const request = { app: tenant.app, conversation: 'g', limit: 2 }
      const first = await tenant.store.members(request)
      expect(first).toEqual({ members: [asMember('Zoe'), asMember('abe')], more: true })
      const second = await tenant.store.members({ ...request, after: 'abe' })
      expect(second).toEqual({ members: [asMember('bob'), { user: 'carl', role: 'owner' }], more: true })
      const third = await tenant.store.members({ ...request, after: 'carl' })
      expect(third).toEqual({ members: [{ ...asMember('dora'), name: 'Dora' }], more: false })
      expect(await tenant.store.members({ ...request, conversation: 'none' })).toEqual({
        members: [],
        more: false,
      })
    })
  })
}

function reads(opened: Opened): void {
  const setUp = async (): Promise<{
    tenant: Tenant
    origin: string
    read: (user: string, cursor: Record<string, number>) => ReturnType<typeof one>
  }> => {
    const tenant = await Tenant.open(opened())
    await tenant.group('g', 'ann', ['bob'])
    await tenant.commit(['1', '2', '3'].map((text) => tenant.message('g', 'ann', text)))
    return { tenant, origin: tenant.store.identity.origin, read: (user, cursor) => one(tenant, user, cursor) }
  }
  const one = async (tenant: Tenant, user: string, cursor: Record<string, number>) =>
    at(await tenant.store.mergeReads([{ app: tenant.app, user, conversation: 'g', cursor }]), 0)

  describe('read cursors', () => {
    it('make the unread count: what is countable after them', async () => {
      const { tenant, origin, read } = await setUp()
      expect(await tenant.unread('bob', 'g')).toBe(3)
      const merged = await read('bob', { [origin]: 3 })
      expect(merged.read).toEqual({ [origin]: { seq: 3, count: 2 } })
      expect(merged.record).toMatchObject({
        conversation: '@bob',
        event: {
          kind: 'read',
          sender: '$system',
          body: { conversation: 'g', read: { [origin]: { seq: 3, count: 2 } } },
        },
      })
      expect(await tenant.unread('bob', 'g')).toBe(1)
      expect((await tenant.logOf('bob')).map((event) => event.kind)).toEqual(['joined', 'read'])
    })

    it('only go forward', async () => {
      const { tenant, origin, read } = await setUp()
      await read('bob', { [origin]: 4 })
      const merged = await read('bob', { [origin]: 2 })
      expect(merged).toEqual({ read: { [origin]: { seq: 4, count: 3 } } })
      expect(await tenant.logOf('bob')).toHaveLength(2)
    })

    it('are clamped to the heads, and ignore origins that are unknown', async () => {
      const { tenant, origin, read } = await setUp()
      const merged = await read('bob', { [origin]: 999, 'elsewhere.unknown': 7 })
      expect(merged.read).toEqual({ [origin]: { seq: 4, count: 3 } })
      await tenant.say('g', 'ann', 'later')
      expect(await tenant.unread('bob', 'g')).toBe(1)
    })

    it('begin where the user joined, and there again after a rejoin', async () => {
      const { tenant, origin, read } = await setUp()
      await tenant.add('g', 'ann', 'carol')
      expect(await read('carol', { [origin]: 1 })).toEqual({ read: { [origin]: { seq: 5, count: 3 } } })
      expect(await tenant.unread('carol', 'g')).toBe(0)
      await tenant.remove('g', 'ann', 'carol')
      await tenant.say('g', 'ann', 'missed')
      await tenant.add('g', 'ann', 'carol')
      expect(await tenant.unread('carol', 'g')).toBe(0)
    })

    it('of those who are no members are not kept', async () => {
      const { tenant, origin, read } = await setUp()
      expect((await read('eve', { [origin]: 2 })).record).toBeUndefined()
      await tenant.remove('g', 'ann', 'bob')
      expect((await read('bob', { [origin]: 4 })).record).toBeUndefined()
      expect(await tenant.logOf('eve')).toEqual([])
    })

    it('of several users are merged in one call, racing through two handles', async () => {
      const { tenant, origin } = await setUp()
      const update = (user: string, seq: number) => ({
        app: tenant.app,
        user,
        conversation: 'g',
        cursor: { [origin]: seq },
      })
      const answers = await Promise.all([
        tenant.store.mergeReads([update('bob', 2), update('ann', 4)]),
        tenant.other.mergeReads([update('ann', 3), update('bob', 4)]),
      ])
      expect(answers.map((answer) => answer.length)).toEqual([2, 2])
      expect(await tenant.unread('ann', 'g')).toBe(0)
      expect(await tenant.unread('bob', 'g')).toBe(0)
    })
  })
}

export function overview(opened: Opened): void {
  states(opened)
  reads(opened)
}
