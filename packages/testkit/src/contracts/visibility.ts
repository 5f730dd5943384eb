import { describe, expect, it } from 'vitest'
import type { Opened } from './store-harness.ts'
import { at, Tenant, texts } from './tenant.ts'

/** Ann speaks all the time; Carol is in, out, and in again. */
async function comeAndGo(tenant: Tenant): Promise<void> {
  await tenant.group('g', 'ann', ['bob'])
  await tenant.say('g', 'ann', 'one')
  await tenant.add('g', 'ann', 'carol')
  await tenant.say('g', 'ann', 'two')
  await tenant.say('g', 'carol', 'three')
  await tenant.remove('g', 'ann', 'carol')
  await tenant.say('g', 'ann', 'four')
  await tenant.add('g', 'ann', 'carol')
  await tenant.say('g', 'ann', 'five')
}
const SEEN_BY_CAROL = ['member', 'two', 'three', 'member', 'member', 'five']
const HEAD = 9

export function visibility(opened: Opened): void {
  describe('visibility', () => {
    it('opens with a join, closes with a kick, and opens again with a rejoin', async () => {
      const tenant = await Tenant.open(opened())
      await comeAndGo(tenant)
      const page = await tenant.readAll('g', { user: 'carol' })
      expect(texts(page.records)).toEqual(SEEN_BY_CAROL)
      expect(page.cursor).toEqual({ [tenant.store.identity.origin]: HEAD })
      expect(texts((await tenant.readAll('g', { user: 'bob' })).records)).toHaveLength(HEAD)
      expect(texts((await tenant.readAll('g')).records)).toHaveLength(HEAD)
    })

    it('is the same page by page, and the cursor passes over what is hidden', async () => {
      const tenant = await Tenant.open(opened())
      await comeAndGo(tenant)
      const page = await tenant.readAll('g', { user: 'carol', limit: 1 })
      expect(texts(page.records)).toEqual(SEEN_BY_CAROL)
      expect(page.cursor).toEqual({ [tenant.store.identity.origin]: HEAD })
    })

    it('is the same in history, both ways', async () => {
      const tenant = await Tenant.open(opened())
      await comeAndGo(tenant)
      const request = { app: tenant.app, conversation: 'g', user: 'carol', limit: 4 }
      const newest = await tenant.store.history(request)
      expect(texts(newest.records)).toEqual(SEEN_BY_CAROL.slice(2))
      expect(newest.more).toBe(true)
      const older = await tenant.store.history({ ...request, before: at(newest.records, 0).event })
      expect(texts(older.records)).toEqual(SEEN_BY_CAROL.slice(0, 2))
      expect(older.more).toBe(false)
      const newer = await tenant.store.history({ ...request, after: at(older.records, 0).event })
      expect(texts(newer.records)).toEqual(SEEN_BY_CAROL.slice(1, 5))
    })

    it('lets a former member see up to its own removal, and no more', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann', ['bob'])
      await tenant.say('g', 'ann', 'one')
      await tenant.remove('g', 'ann', 'bob')
      await tenant.say('g', 'ann', 'two')
      const page = await tenant.readAll('g', { user: 'bob' })
      expect(texts(page.records)).toEqual(['create', 'one', 'member'])
      expect(page).toMatchObject({
        notMember: false,
        reset: false,
        cursor: { [tenant.store.identity.origin]: 4 },
      })
      expect((await tenant.user('bob')).conversations).toEqual([])
    })

    it('tells somebody who never was a member nothing but that', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      for (const conversation of ['g', 'unknown']) {
        const request = { app: tenant.app, conversation, user: 'eve' }
        const page = at(await tenant.store.read([{ ...request, cursor: {}, limit: 10 }]), 0)
        expect(page).toMatchObject({ records: [], notMember: true, more: false })
        expect(await tenant.store.history({ ...request, limit: 10 })).toMatchObject({
          records: [],
          notMember: true,
          more: false,
        })
      }
    })

    it('hides the last message of a time when the user was away from its overview', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      await tenant.say('g', 'ann', 'secret')
      await tenant.add('g', 'ann', 'bob')
      const state = at((await tenant.user('bob')).conversations, 0)
      expect(state.last).toBeUndefined()
      expect(state.from).toEqual({ [tenant.store.identity.origin]: 2 })
      await tenant.say('g', 'ann', 'open')
      expect(at((await tenant.user('bob')).conversations, 0).last).toMatchObject({ body: { text: 'open' } })
    })
  })
}
