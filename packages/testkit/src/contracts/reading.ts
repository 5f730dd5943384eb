import type { LogRecord } from '@skein/server'
import { describe, expect, it } from 'vitest'
import type { Opened } from './store-harness.ts'
import { accepted, at, Tenant, texts } from './tenant.ts'

async function talk(tenant: Tenant, conversation: string, messages: number): Promise<LogRecord[]> {
  const created = await tenant.group(conversation, 'ann', ['bob'])
  const batch = Array.from({ length: messages }, (_, index) =>
    tenant.message(conversation, 'ann', `${index + 1}`),
  )
  const outcomes = await tenant.commit(batch)
  return [created.record, ...outcomes.map((outcome) => accepted(outcome).record)]
}

function syncing(opened: Opened): void {
  describe('reading from a cursor', () => {
    it('tells exactly what comes after it', async () => {
      const tenant = await Tenant.open(opened())
      const origin = tenant.store.identity.origin
      const written = await talk(tenant, 'g', 9)
      const page = at(
        await tenant.store.read([{ app: tenant.app, conversation: 'g', cursor: { [origin]: 4 }, limit: 3 }]),
        0,
      )
      expect(page).toEqual({
        records: written.slice(4, 7),
        cursor: { [origin]: 7 },
        more: true,
        reset: false,
        notMember: false,
      })
      const rest = await tenant.readAll('g', { cursor: page.cursor })
      expect(rest).toEqual({
        records: written.slice(7),
        cursor: { [origin]: 10 },
        more: false,
        reset: false,
        notMember: false,
      })
    })

    it('answers several conversations in their order', async () => {
      const tenant = await Tenant.open(opened())
      await talk(tenant, 'a', 2)
      await talk(tenant, 'b', 3)
      const request = { app: tenant.app, cursor: {}, limit: 10 }
      const pages = await tenant.store.read(
        ['b', 'none', 'a', 'b'].map((conversation) => ({ ...request, conversation })),
      )
      expect(pages.map((page) => page.records.length)).toEqual([4, 0, 3, 4])
      expect(at(pages, 1)).toEqual({ records: [], cursor: {}, more: false, reset: false, notMember: false })
    })

    it('stops at 256 KiB of bodies, but never at nothing', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const large = 'x'.repeat(16_000)
      await tenant.commit(Array.from({ length: 20 }, () => tenant.message('g', 'ann', large)))
      const page = at(
        await tenant.store.read([{ app: tenant.app, conversation: 'g', cursor: {}, limit: 200 }]),
        0,
      )
      expect(page.more).toBe(true)
      expect(page.records.length).toBeGreaterThan(1)
      const bodies = page.records.map((record) => JSON.stringify(record.event.body).length)
      expect(bodies.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(262_144)
      expect((await tenant.readAll('g')).records).toHaveLength(21)
    })

    it('is reset when the cursor is ahead of the head or names an unknown incarnation', async () => {
      const tenant = await Tenant.open(opened())
      const origin = tenant.store.identity.origin
      await talk(tenant, 'g', 2)
      for (const cursor of [{ [origin]: 4 }, { [origin]: 1, 'elsewhere.unknown': 1 }]) {
        const page = at(
          await tenant.store.read([{ app: tenant.app, conversation: 'g', cursor, limit: 10, user: 'ann' }]),
          0,
        )
        expect(page).toEqual({
          records: [],
          cursor: { [origin]: 3 },
          more: false,
          reset: true,
          notMember: false,
        })
      }
    })

    it('gives copies: what a reader does to them stays with the reader', async () => {
      const tenant = await Tenant.open(opened())
      await talk(tenant, 'g', 1)
      const record = at((await tenant.readAll('g')).records, 1)
      try {
        record.event.body['text'] = 'forged'
      } catch {
        // frozen is as good
      }
      expect(texts((await tenant.readAll('g')).records)).toEqual(['create', '1'])
    })
  })
}

function histories(opened: Opened): void {
  describe('history', () => {
    it('begins with the newest and pages back to the first', async () => {
      const tenant = await Tenant.open(opened())
      const written = await talk(tenant, 'g', 10)
      const request = { app: tenant.app, conversation: 'g', limit: 4 }
      const pages = [await tenant.store.history(request)]
      while (at(pages, 0).more) {
        pages.unshift(await tenant.store.history({ ...request, before: at(at(pages, 0).records, 0).event }))
      }
      expect(pages.map((page) => page.records.length)).toEqual([3, 4, 4])
      expect(pages.flatMap((page) => page.records)).toEqual(written)
    })

    it('pages forward from a place, excluding it, and says when it is at the end', async () => {
      const tenant = await Tenant.open(opened())
      const written = await talk(tenant, 'g', 6)
      const request = { app: tenant.app, conversation: 'g', after: at(written, 1).event }
      expect(await tenant.store.history({ ...request, limit: 3 })).toEqual({
        records: written.slice(2, 5),
        more: true,
        notMember: false,
      })
      expect(await tenant.store.history({ ...request, limit: 5 })).toEqual({
        records: written.slice(2),
        more: false,
        notMember: false,
      })
      const end = { ...request, after: at(written, 6).event, limit: 5 }
      expect(await tenant.store.history(end)).toEqual({ records: [], more: false, notMember: false })
    })

    it('of an unknown conversation is empty', async () => {
      const tenant = await Tenant.open(opened())
      const page = await tenant.store.history({ app: tenant.app, conversation: 'none', limit: 5 })
      expect(page).toEqual({ records: [], more: false, notMember: false })
    })
  })
}

/** Follows the tail to its end; answers the newest seq told per conversation of the tenant. */
async function follow(
  tenant: Tenant,
  from: readonly number[],
  limit: number,
): Promise<{ heads: Map<string, number>; pages: number }> {
  const heads = new Map<string, number>()
  let vector = from
  for (let pages = 1; pages < 10_000; pages++) {
    const page = await tenant.store.tail(vector, limit)
    for (const head of page.heads) {
      if (head.app !== tenant.app) continue
      expect(head.seq).toBeGreaterThan(heads.get(head.conversation) ?? 0)
      heads.set(head.conversation, head.seq)
    }
    page.vector.forEach((offset, lane) => expect(offset).toBeGreaterThanOrEqual(vector[lane] ?? 0))
    vector = page.vector
    if (!page.more) {
      expect(vector).toEqual(await tenant.store.laneVector())
      return { heads, pages }
    }
  }
  throw new Error('the tail does not end')
}

function tailing(opened: Opened): void {
  describe('the tail', () => {
    it.each([1, 3, 7, 1_000])('tells every head that moved when cut off after %i rows', async (limit) => {
      const tenant = await Tenant.open(opened())
      const before = await tenant.store.laneVector()
      for (const conversation of ['a', 'b', 'c']) await talk(tenant, conversation, 5)
      await tenant.say('b', 'bob', 'one more')
      const { heads, pages } = await follow(tenant, before, limit)
      expect(Object.fromEntries(heads)).toEqual({ a: 6, b: 7, c: 6, '@ann': 3, '@bob': 3 })
      expect(pages).toBeGreaterThanOrEqual(Math.ceil(25 / limit))
    })

    it('of a node that is up to date is empty', async () => {
      const tenant = await Tenant.open(opened())
      await talk(tenant, 'a', 2)
      const vector = await tenant.other.laneVector()
      expect(vector).toHaveLength(tenant.store.identity.lanes)
      expect(await tenant.store.tail(vector, 100)).toEqual({ heads: [], vector, more: false })
    })

    it('tells what another handle commits', async () => {
      const tenant = await Tenant.open(opened())
      await talk(tenant, 'a', 1)
      const vector = await tenant.store.laneVector()
      await tenant.ok(tenant.message('a', 'bob', 'from there'), tenant.other)
      const { heads } = await tenant.store.tail(vector, 100)
      expect(heads).toEqual([
        { app: tenant.app, conversation: 'a', origin: tenant.store.identity.origin, seq: 3 },
      ])
    })

    it('misses nothing while 20 writers go on', async () => {
      const tenant = await Tenant.open(opened())
      await talk(tenant, 'a', 1)
      let vector = await tenant.store.laneVector()
      let newest = 0
      let writing = true
      const writers = Array.from({ length: 20 }, async (_, index) => {
        for (let round = 0; round < 5; round++) {
          await tenant.ok(
            tenant.message('a', 'bob', `${index} ${round}`),
            index % 2 === 0 ? tenant.store : tenant.other,
          )
        }
      })
      const done = Promise.all(writers).finally(() => {
        writing = false
      })
      for (let last = false; !last;) {
        last = !writing
        const page = await tenant.store.tail(vector, 10)
        vector = page.vector
        newest = Math.max(
          newest,
          ...page.heads.filter((head) => head.app === tenant.app).map((head) => head.seq),
        )
        if (page.more) last = false
      }
      await done
      expect(newest).toBe(102)
    })
  })
}

export function reading(opened: Opened): void {
  syncing(opened)
  histories(opened)
  tailing(opened)
}
