import { describe, expect, test } from 'vitest'
import type { ClientOptions } from '../api.ts'
import { createClient } from '../client.ts'
import { memoryOutboxStorage } from '../outbox/memory.ts'
import { endpointAt, FakeDispatch, listOf } from '../testing/fake-dispatch.ts'
import { FakeServer, welcome } from '../testing/fake-server.ts'
import { manualRuntime } from '../testing/manual-runtime.ts'
import { FALLBACK_AFTER_MS } from './chooser.ts'
import { HOME_CHECK_MS } from './homing.ts'
import type { DispatchOptions } from './options.ts'
import { CHOICE_MS, PROBES } from './probe.ts'

const home = { zone: 'a', region: 'eu' }
const [a, b, c] = [endpointAt('a'), endpointAt('b', { zone: 'b' }), endpointAt('c', { region: 'us' })]

function world(seed = 1) {
  const runtime = manualRuntime(seed)
  const dispatch = new FakeDispatch(runtime)
  const server = new FakeServer()
  const warnings: string[] = []
  const states: string[] = []
  const start = (options: Partial<DispatchOptions> = {}, more: Partial<ClientOptions> = {}) => {
    const client = createClient({
      dispatch: dispatch.options(options),
      user: 'ann',
      token: 'token',
      runtime,
      transport: server.transport,
      outbox: memoryOutboxStorage(),
      ...more,
    })
    client.on('warning', ({ code, message }) => warnings.push(`${code} ${message}`))
    client.on('connection', ({ state }) => states.push(state))
    return client
  }
  const say = (text: string) => {
    for (const url of ['https://one', 'https://two']) dispatch.mirrors.set(url, text)
  }
  const urls = () => server.connections.map(({ url }) => url)
  /** Time passes, and the newest connection beats. */
  const beat = async (forMs: number, seen: () => void = () => {}) => {
    for (let passedMs = 0; passedMs < forMs; passedMs += 1_000) {
      await runtime.advance(1_000)
      for (const connection of server.connections)
        for (const { n } of connection.take('ping')) connection.say({ t: 'pong', n, at: 1 })
      seen()
    }
  }
  return { beat, runtime, dispatch, server, warnings, states, start, say, urls }
}

describe('the first list', () => {
  test('is fetched, a few are looked at, and one of it is connected to', async () => {
    const { runtime, dispatch, server, start, say, warnings } = world()
    say(listOf(dispatch.document([a, b, c])))
    const client = start({ home })
    await runtime.settle()
    expect(client.connection.state).not.toBe('online')
    await runtime.advance(CHOICE_MS)
    expect(dispatch.probed.length).toBe(3)
    expect(server.last.url).toBe(a.url)
    server.last.accept('ann')
    expect(client.connection.state).toBe('online')
    expect(warnings).toEqual([])
  })

  test('an endpoint that does not answer is not the first to be tried', async () => {
    const { runtime, dispatch, server, start, say } = world()
    say(listOf(dispatch.document([a, b, c])))
    dispatch.dead.add(a.url)
    start({ home })
    await runtime.advance(CHOICE_MS)
    expect(server.last.url).toBe(b.url)
  })

  test('only so many are looked at', async () => {
    const { runtime, dispatch, start, say } = world()
    say(listOf(dispatch.document(Array.from({ length: 20 }, (_, i) => endpointAt(`n${i}`)))))
    start()
    await runtime.advance(CHOICE_MS)
    expect(dispatch.probed.length).toBe(PROBES)
  })

  test('while there is none, the app is told why it waits; when it comes, it goes on at once', async () => {
    const { runtime, dispatch, server, start, say } = world()
    const client = start()
    await runtime.advance(20_000)
    expect(client.connection).toMatchObject({ state: 'waiting', reason: 'no endpoint is known yet' })
    expect(server.connections).toEqual([])
    say(listOf(dispatch.document([a])))
    await runtime.advance(35_000)
    expect(server.last.url).toBe(a.url)
  })

  test('who has URLs of its own begins with them when no list comes, and they come last when it does', async () => {
    const { beat, runtime, dispatch, server, start, say, urls } = world()
    start({}, { url: 'wss://own' })
    await runtime.advance(FALLBACK_AFTER_MS - 1)
    expect(server.connections).toEqual([])
    await runtime.advance(1 + 10_000)
    expect(urls()).toContain('wss://own')
    server.last.accept('ann')
    say(listOf(dispatch.document([a])))
    // A connection that serves is left for the list, without haste and without a break.
    await beat(5 * HOME_CHECK_MS)
    expect(server.last.url).toBe(a.url)
  })

  test('neither a URL nor a dispatch, keys that are none, unknown strategies: refused at once', () => {
    const { start } = world()
    expect(() => start({ urls: [] })).toThrow('dispatch.urls: name 1 to 16, not 0')
    expect(() => start({ keys: ['short'] })).toThrow("'short' is no Ed25519 public key")
    expect(() => start({ strategy: 'best' as never })).toThrow(/strategy must be one of .*, got 'best'/)
    expect(() => createClient({ user: 'ann', token: 't', transport: () => expect.unreachable() })).toThrow(
      'url: name at least one, or a `dispatch` to ask',
    )
  })
})

describe('what is refused', () => {
  test('DSP8 a forged list is told of and not used; the other mirror is asked', async () => {
    const { runtime, dispatch, server, start, warnings } = world()
    const document = dispatch.document([a])
    dispatch.mirrors.set('https://one', listOf(dispatch.document([endpointAt('evil')]), 'somebody'))
    dispatch.mirrors.set('https://two', listOf(document))
    start()
    await runtime.advance(1_000)
    expect(server.last.url).toBe(a.url)
    for (const warning of warnings) expect(warning).toContain('dispatchRefused https://one')
  })

  test('DSP8 when all are forged nothing is connected to, and the app is told', async () => {
    const { runtime, dispatch, server, start, say, warnings } = world()
    say(listOf(dispatch.document([endpointAt('evil')]), 'somebody'))
    start()
    await runtime.advance(400)
    expect(server.connections).toEqual([])
    expect(warnings.map((text) => text.split(' ')[0])).toEqual([
      'dispatchRefused',
      'dispatchRefused',
      'dispatchUnreachable',
    ])
    expect(dispatch.asked.map(({ url }) => url).sort()).toEqual(['https://one', 'https://two'])
  })

  test('DSP10 a list from before the one that is held does not take its place', async () => {
    const { runtime, dispatch, server, start, say, warnings } = world()
    const old = listOf(dispatch.document([b]))
    await runtime.advance(1_000)
    say(listOf(dispatch.document([a])))
    start()
    await runtime.advance(CHOICE_MS)
    server.last.accept('ann')
    say(old)
    await runtime.advance(120_000)
    expect(warnings.some((text) => text.includes('before the one that is held'))).toBe(true)
    server.last.close(1006)
    await runtime.advance(200)
    expect(server.last.url).toBe(a.url)
  })

  test('DSP9 what nobody renews is not used when it is too old, and the app is told', async () => {
    const { runtime, dispatch, server, start, say, warnings } = world()
    say(listOf(dispatch.document([a, b], { staleMs: 600_000 })))
    start()
    await runtime.advance(CHOICE_MS)
    server.last.accept('ann')
    dispatch.mirrors.clear()
    // Its server beats no heart here: it is lost, and lost again.
    await runtime.advance(655_000)
    const before = server.connections.length
    expect(before).toBeGreaterThan(1)
    await runtime.advance(6_000)
    const after = server.connections.length
    await runtime.advance(300_000)
    expect(server.connections.length).toBe(after)
    expect(warnings.at(-1)).toContain('dispatch')
    expect(warnings.some((text) => text.startsWith('dispatchExpired'))).toBe(true)
  })

  test('a strategy that this version does not have is told of, and another is used', async () => {
    const { runtime, dispatch, server, start, say, warnings } = world()
    say(listOf(dispatch.document([a], { strategy: 'telepathy' })))
    start()
    await runtime.advance(CHOICE_MS)
    expect(server.last.url).toBe(a.url)
    expect(warnings[0]).toMatch(/^dispatchStrategy .*'telepathy'/)
  })
})

describe('the cache', () => {
  test('serves at once while the mirrors are silent, and is verified', async () => {
    const { runtime, dispatch, server, start } = world()
    await dispatch.cache.save(listOf(dispatch.document([a])))
    start()
    await runtime.settle()
    expect(server.last.url).toBe(a.url)
    expect(dispatch.asked).toEqual([])

    const forged = world()
    await forged.dispatch.cache.save(listOf(forged.dispatch.document([a]), 'somebody'))
    forged.start()
    await forged.runtime.settle()
    expect(forged.server.connections).toEqual([])
    expect(forged.warnings[0]).toContain('dispatchRefused the cached list')
  })

  test('stale while revalidate: used at once, a newer one is asked for and kept', async () => {
    const { runtime, dispatch, server, start, say } = world()
    const stale = dispatch.document([a], { issuedAt: runtime.clock.now() - 70_000 })
    await dispatch.cache.save(listOf(stale))
    const newer = listOf(dispatch.document([b]))
    say(newer)
    start()
    await runtime.advance(CHOICE_MS)
    expect(server.connections[0]?.url).toBe(a.url)
    expect(dispatch.asked.length).toBe(1)
    expect(await dispatch.cache.load()).toBe(newer)
  })

  test.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('quota'))],
    [
      'throws',
      () => {
        throw new Error('quota')
      },
    ],
  ])('one that cannot be read or written and %s costs nothing but a warning', async (_how, broken) => {
    const { runtime, dispatch, server, start, say, warnings } = world()
    say(listOf(dispatch.document([a])))
    start({ cache: { load: broken, save: broken } })
    await runtime.advance(CHOICE_MS)
    expect(server.last.url).toBe(a.url)
    expect(warnings.map((text) => text.split(' ')[0])).toEqual(['dispatchCache', 'dispatchCache'])
    await runtime.advance(dispatch.document([a]).ttlMs * 2)
    expect(dispatch.asked.length).toBeGreaterThan(1)
  })
})

describe('later lists', () => {
  test('an endpoint that is added is gone to when the one in use is lost; one that left is not', async () => {
    const { beat, runtime, dispatch, server, start, say } = world()
    say(listOf(dispatch.document([a, b])))
    start({ home })
    await runtime.advance(CHOICE_MS)
    expect(server.last.url).toBe(a.url)
    server.last.accept('ann')
    const inZone = endpointAt('d')
    say(listOf(dispatch.document([inZone, c], { issuedAt: runtime.clock.now() + 1 })))
    await beat(120_000)
    expect(server.connections.length).toBe(1)
    server.last.close(1006)
    await runtime.advance(200)
    expect(server.last.url).toBe(inZone.url)
  })

  test('DSP10 one from a node whose clock is hours ahead keeps out no other for longer than it is fresh', async () => {
    const { beat, runtime, dispatch, server, start, say } = world()
    const hoursAhead = runtime.clock.now() + 5 * 3_600_000
    say(listOf(dispatch.document([a, b], { issuedAt: hoursAhead })))
    start({ home })
    await runtime.advance(CHOICE_MS)
    server.last.accept('ann')
    const later = endpointAt('d')
    say(listOf(dispatch.document([later, c])))
    await beat(100_000)
    server.last.close(1006)
    await runtime.advance(200)
    expect(server.last.url).toBe(later.url)
  })

  test('one that names a single endpoint is asked about again at once, and soon not more often than others', async () => {
    const { beat, runtime, dispatch, server, start, say } = world()
    say(listOf(dispatch.document([a], { ttlMs: 3_600_000 })))
    start({ home })
    await runtime.advance(CHOICE_MS)
    server.last.accept('ann')
    await beat(20_000)
    expect(dispatch.asked.length).toBe(2)
    await beat(3_600_000)
    expect(dispatch.asked.length).toBeLessThan(12)
    expect(server.connections.length).toBe(1)
  })

  test('who loses the only endpoint of a fresh list asks for another one, though not again and again', async () => {
    const { beat, runtime, dispatch, server, start, say } = world()
    say(listOf(dispatch.document([a], { ttlMs: 24 * 3_600_000 })))
    start({ home })
    await runtime.advance(CHOICE_MS)
    server.last.accept('ann')
    await beat(20 * 3_600_000)
    const before = dispatch.asked.length
    const lost = async (forMs: number): Promise<void> => {
      for (let passedMs = 0; passedMs < forMs; passedMs += 1_000) {
        if (server.last.url === a.url && server.last.closed === undefined) server.last.close(1006)
        await runtime.advance(1_000)
      }
    }
    await lost(60_000)
    expect(dispatch.asked.length - before).toBeGreaterThanOrEqual(2)
    expect(dispatch.asked.length - before).toBeLessThanOrEqual(5)
    say(listOf(dispatch.document([b, c])))
    await lost(25_000)
    expect(server.last.url).not.toBe(a.url)
  })

  test('a mirror that asks for a delay gets it, whatever is lost meanwhile', async () => {
    const { runtime, dispatch, start } = world()
    dispatch.mirrors.set('https://one', { status: 429, retryAfterMs: 40_000 })
    dispatch.mirrors.set('https://two', { status: 503 })
    start()
    await runtime.advance(39_000)
    expect(dispatch.asked.length).toBeGreaterThan(1)
    await runtime.advance(6_000)
    expect(dispatch.asked.length).toBe(4)
  })
})

describe('fail over and home again', () => {
  test('endpoint, zone, region, and back without a break when home is well again', async () => {
    const { beat, runtime, dispatch, server, states, start, say, urls } = world()
    const [a1, a2] = [endpointAt('a1'), endpointAt('a2')]
    say(listOf(dispatch.document([a1, a2, b, c], { ttlMs: 3_600_000 })))
    start({ home })
    await runtime.advance(CHOICE_MS)
    server.last.accept('ann')
    await runtime.advance(2_000)
    const zone = new Set([a1.url, a2.url])
    dispatch.dead.add(a1.url).add(a2.url)

    for (let i = 0; i < 20 && server.last.url !== c.url; i++) {
      server.last.close(1006)
      await runtime.advance(100)
    }
    const order = [...new Set(urls())]
    expect(new Set(order.slice(0, 2))).toEqual(zone)
    expect(order.slice(2)).toEqual([b.url, c.url])
    server.last.accept('ann')
    states.length = 0

    dispatch.dead.add(b.url)
    await beat(10 * HOME_CHECK_MS)
    expect(server.last.url).toBe(c.url)
    dispatch.dead.clear()
    const away = server.last
    let isHome = false
    await beat(4 * HOME_CHECK_MS, () => {
      if (isHome || server.last === away || server.last.closed !== undefined) return
      expect(away.closed, 'before the new one has resumed').toBeUndefined()
      isHome = server.last.take('hello').length > 0
      if (isHome) server.last.say(welcome('ann'), { t: 'resumed' })
      else server.last.open()
    })
    expect(zone.has(server.last.url)).toBe(true)
    expect(away.closed).toMatchObject({ code: 1000 })
    expect(states).toEqual([])
  })

  test('home that answers probes and refuses connections is left alone: the connection stays', async () => {
    const { beat, runtime, dispatch, server, states, start, say } = world()
    say(listOf(dispatch.document([a, c], { ttlMs: 3_600_000 })))
    dispatch.dead.add(a.url)
    start({ home })
    await runtime.advance(CHOICE_MS)
    const away = server.last
    expect(away.url).toBe(c.url)
    away.accept('ann')
    dispatch.dead.clear()
    states.length = 0
    await beat(10 * HOME_CHECK_MS, () => {
      if (server.last !== away && server.last.closed === undefined) server.last.close(1006)
    })
    expect(server.connections.length).toBeGreaterThan(1)
    expect(away.closed).toBeUndefined()
    expect(states).toEqual([])
  })

  test('a stopped client asks, looks and moves no more', async () => {
    const { runtime, dispatch, start } = world()
    const client = start()
    await runtime.advance(100)
    await client.stop()
    const before = dispatch.asked.length
    await runtime.advance(600_000)
    expect(dispatch.asked.length).toBe(before)
  })
})
