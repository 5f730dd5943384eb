import type { StateRecord } from '@skein/server'
import { describe, expect, it } from 'vitest'
import type { Opened } from './store-harness.ts'
import { asMember, at, Tenant, texts } from './tenant.ts'

function merging(opened: Opened): void {
  describe('state records', () => {
    it('are won by the later write, whichever comes first', async () => {
      const tenant = await Tenant.open(opened())
      const key = { app: tenant.app, owner: 'ann', kind: 'settings' as const, key: 'theme' }
      const written = (value: string, hlc: number, region = 'a'): StateRecord => ({
        ...key,
        value: JSON.stringify(value),
        hlc,
        region,
      })
      expect(await tenant.store.state([key])).toEqual([undefined])
      expect(await tenant.store.mergeState([written('dark', 20)])).toEqual([written('dark', 20)])
      expect(await tenant.store.mergeState([written('light', 10)])).toEqual([written('dark', 20)])
      expect(await tenant.other.mergeState([written('dim', 20, 'b')])).toEqual([written('dim', 20, 'b')])
      expect(await tenant.store.mergeState([written('blue', 30), written('red', 25)])).toEqual([
        written('blue', 30),
        written('blue', 30),
      ])
      const other = { ...key, owner: 'bob' }
      expect(await tenant.store.state([other, key])).toEqual([undefined, written('blue', 30)])
    })

    it('hold the profiles that the directory lists', async () => {
      const tenant = await Tenant.open(opened())
      for (const user of ['carol', 'ann', 'bob'])
        await tenant.store.upsertUser(tenant.app, user, { name: user.toUpperCase() })
      await tenant.store.upsertUser(tenant.app, 'ann', { name: 'Ann' })
      const first = await tenant.store.listUsers({ app: tenant.app, limit: 2 })
      expect(first).toEqual({
        users: [
          { user: 'ann', profile: { name: 'Ann' } },
          { user: 'bob', profile: { name: 'BOB' } },
        ],
        more: true,
      })
      const second = await tenant.store.listUsers({ app: tenant.app, after: 'bob', limit: 2 })
      expect(second).toEqual({ users: [{ user: 'carol', profile: { name: 'CAROL' } }], more: false })
    })
  })
}

function tenancy(opened: Opened): void {
  it('keeps two apps with equal ids apart in everything', async () => {
    const one = await Tenant.open(opened())
    const two = await Tenant.open(opened())
    const clientId = one.clientId()
    await one.group('g', 'ann', ['bob'])
    await one.say('g', 'ann', 'of one', { clientId })
    await two.no(two.message('g', 'ann', 'too early'), 'conversationUnknown')
    expect(await two.user('ann')).toEqual({ log: {}, conversations: [], sessionsValidAfterMs: 0 })
    await two.ok(two.groupEntry('g', 'bob', [asMember('ann')]))
    expect((await two.say('g', 'ann', 'of two', { clientId })).duplicate).toBe(false)
    expect(texts((await one.readAll('g')).records)).toEqual(['create', 'of one'])
    expect(texts((await two.readAll('g')).records)).toEqual(['create', 'of two'])
    await one.store.upsertUser(one.app, 'ann', { name: 'Ann of one' })
    await one.store.revoke(one.app, 'ann', one.startMs)
    expect((await two.user('ann')).sessionsValidAfterMs).toBe(0)
    expect((await two.store.members({ app: two.app, conversation: 'g', limit: 5 })).members).toEqual([
      asMember('ann'),
      { user: 'bob', role: 'owner' },
    ])
    expect(await two.store.roleOf(two.app, 'g', 'ann')).toBe('member')
    expect(await one.store.beginIdempotent(one.app, 'key', 'hash')).toBeUndefined()
    expect(await two.store.beginIdempotent(two.app, 'key', 'other')).toBeUndefined()
  })
}

function revocation(opened: Opened): void {
  it('revokes sessions by maximum and says so in the user system log', async () => {
    const tenant = await Tenant.open(opened())
    const record = await tenant.store.revoke(tenant.app, 'ann', 2_000)
    expect(record).toMatchObject({
      app: tenant.app,
      conversation: '@ann',
      event: { kind: 'revoked', body: { validAfter: 2_000 } },
    })
    expect(record.lane).toBe(tenant.store.laneOf(tenant.app, '@ann'))
    expect((await tenant.store.revoke(tenant.app, 'ann', 1_000)).event.body).toEqual({ validAfter: 2_000 })
    await tenant.other.revoke(tenant.app, 'ann', 3_000)
    expect((await tenant.user('ann')).sessionsValidAfterMs).toBe(3_000)
    const kinds = (await tenant.logOf('ann')).map((event) => event.kind)
    expect(kinds).toEqual(['revoked', 'revoked', 'revoked'])
  })
}

function answers(opened: Opened): void {
  describe('idempotent answers', () => {
    it('are taken once, kept, and told apart by the request', async () => {
      const tenant = await Tenant.open(opened())
      const begin = (key: string, hash: string) => tenant.store.beginIdempotent(tenant.app, key, hash)
      expect(await begin('k', 'h')).toBeUndefined()
      expect(await begin('k', 'h')).toMatchObject({ state: 'running' })
      expect(await begin('k', 'x')).toMatchObject({ state: 'differentRequest' })
      await tenant.store.finishIdempotent(tenant.app, 'k', { status: 201, body: '{"id":"g"}' })
      expect(await begin('k', 'h')).toEqual({ state: 'done', status: 201, body: '{"id":"g"}' })
      expect(await begin('k', 'x')).toMatchObject({ state: 'differentRequest' })
      expect(await begin('l', 'x')).toBeUndefined()
    })

    it('are begun by one of two that race', async () => {
      const tenant = await Tenant.open(opened())
      const handles = [tenant.store, tenant.other, tenant.store, tenant.other]
      const begun = await Promise.all(handles.map((store) => store.beginIdempotent(tenant.app, 'k', 'h')))
      expect(begun.filter((answer) => answer === undefined)).toHaveLength(1)
    })
  })
}

function liveness(opened: Opened): void {
  it('answers pings and tells the time', async () => {
    const { store } = opened()
    await store.ping()
    const first = await store.clockMs()
    expect(await store.clockMs()).toBeGreaterThanOrEqual(first)
    expect(at(store.identity.origin.split('.'), 0)).toBe(store.identity.region)
    expect(store.identity.origin).toMatch(/^[a-z0-9-]{1,32}\.[a-z0-9]{1,32}$/)
  })
}

export function stateRecords(opened: Opened): void {
  merging(opened)
  tenancy(opened)
  revocation(opened)
  answers(opened)
  liveness(opened)
}
