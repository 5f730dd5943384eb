import type { Store } from '@skein/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StoreHarness } from './store-harness.ts'
import { at, expectAscending, hlcs, Tenant, texts } from './tenant.ts'

interface Reborn {
  readonly tenant: Tenant
  readonly store: Store
  readonly was: string
  readonly is: string
}

/** Runs `before` in one incarnation and goes on in the next, on the same data. */
async function rebirth(harness: StoreHarness, before: (tenant: Tenant) => Promise<void>): Promise<Reborn> {
  const tenant = await Tenant.open(harness)
  const was = tenant.store.identity.origin
  await before(tenant)
  const store = await harness.newIncarnation?.()
  if (store === undefined) throw new Error('the harness opens no new incarnations')
  return { tenant, store, was, is: store.identity.origin }
}

const setUp = async (tenant: Tenant): Promise<void> => {
  await tenant.group('g', 'ann', ['bob'])
  await tenant.say('g', 'ann', 'old one')
  await tenant.say('g', 'ann', 'old two')
}

export function incarnations(open: () => Promise<StoreHarness>): void {
  describe('a new incarnation', () => {
    let harness: StoreHarness
    beforeAll(async () => {
      harness = await open()
    })
    afterAll(() => harness.dispose())

    it('numbers from 1 again under its own origin, behind what was', async ({ skip }) => {
      if (harness.newIncarnation === undefined) return skip('the harness opens no new incarnations')
      const { tenant, store, was, is } = await rebirth(harness, setUp)
      expect(is).not.toBe(was)
      const outcome = await tenant.ok(tenant.message('g', 'bob', 'new one'), store)
      expect(outcome.record.event).toMatchObject({ origin: is, seq: 1, count: 1 })
      const page = await tenant.readAll('g', { store, user: 'bob' })
      expect(texts(page.records)).toEqual(['create', 'old one', 'old two', 'new one'])
      expect(page.cursor).toEqual({ [was]: 3, [is]: 1 })
      const history = await store.history({ app: tenant.app, conversation: 'g', limit: 10 })
      expect(texts(history.records)).toEqual(['create', 'old one', 'old two', 'new one'])
      expectAscending(hlcs(history.records))
    })

    it('goes on from cursors of the former one, and resets what is ahead of it or unknown', async ({
      skip,
    }) => {
      if (harness.newIncarnation === undefined) return skip('the harness opens no new incarnations')
      const { tenant, store, was, is } = await rebirth(harness, setUp)
      await tenant.ok(tenant.message('g', 'bob', 'new one'), store)
      const from = async (cursor: Record<string, number>) =>
        at(await store.read([{ app: tenant.app, conversation: 'g', cursor, limit: 10, user: 'ann' }]), 0)
      expect(texts((await from({ [was]: 2 })).records)).toEqual(['old two', 'new one'])
      expect(texts((await from({ [was]: 3, [is]: 1 })).records)).toEqual([])
      const heads = { [was]: 3, [is]: 1 }
      expect(await from({ [was]: 5 })).toMatchObject({ reset: true, records: [], cursor: heads })
      expect(await from({ [was]: 3, 'lost.lost': 1 })).toMatchObject({
        reset: true,
        records: [],
        cursor: heads,
      })
    })

    it('remembers members, duplicates, read cursors and heads of both', async ({ skip }) => {
      if (harness.newIncarnation === undefined) return skip('the harness opens no new incarnations')
      const said = { clientId: '' }
      const { tenant, store, was, is } = await rebirth(harness, async (before) => {
        await setUp(before)
        said.clientId = (await before.say('g', 'bob', 'old three')).record.event.clientId
      })
      const again = await tenant.ok(
        tenant.message('g', 'bob', 'old three', { clientId: said.clientId }),
        store,
      )
      expect(again).toMatchObject({ duplicate: true, record: { event: { origin: was, seq: 4 } } })
      await tenant.ok(tenant.message('g', 'bob', 'new', { after: said.clientId }), store)
      const state = at((await tenant.user('ann', store)).conversations, 0)
      expect(state.heads).toEqual({ [was]: { seq: 4, count: 3 }, [is]: { seq: 1, count: 1 } })
      const update = { app: tenant.app, user: 'ann', conversation: 'g', cursor: { [is]: 1, [was]: 4 } }
      const merged = at(await store.mergeReads([update]), 0)
      expect(merged.read).toEqual(state.heads)
      expect((await tenant.user('ann', store)).log).toEqual({
        [was]: { seq: 1, count: 0 },
        [is]: { seq: 1, count: 0 },
      })
    })

    it('shows a member that joins in it nothing of the former one', async ({ skip }) => {
      if (harness.newIncarnation === undefined) return skip('the harness opens no new incarnations')
      const { tenant, store, was, is } = await rebirth(harness, setUp)
      const add = tenant.memberEntry('g', 'ann', {
        change: 'add',
        members: [{ user: 'carol', role: 'member' }],
      })
      await tenant.ok(add, store)
      await tenant.ok(tenant.message('g', 'ann', 'welcome'), store)
      const page = await tenant.readAll('g', { store, user: 'carol' })
      expect(texts(page.records)).toEqual(['member', 'welcome'])
      expect(page.cursor).toEqual({ [was]: 3, [is]: 2 })
      expect(at((await tenant.user('carol', store)).conversations, 0).from).toEqual({ [was]: 3 })
      await tenant.ok(tenant.memberEntry('g', 'ann', { change: 'remove', user: 'bob' }), store)
      await tenant.ok(tenant.message('g', 'ann', 'without bob'), store)
      const left = await tenant.readAll('g', { store, user: 'bob' })
      expect(texts(left.records)).toEqual(['create', 'old one', 'old two', 'member', 'welcome', 'member'])
    })
  })
}
