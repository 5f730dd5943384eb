import { setTimeout as sleep } from 'node:timers/promises'
import {
  LEASE_TTL_MS,
  openRedisCommands,
  parseRedisAddress,
  RedisRegistry,
  systemRuntime,
} from '@skein/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RedisProcess } from '../../cluster-bed/redis-process.ts'
import { FINGERPRINT, recordOf } from './node-record.ts'
import { registryContract } from './registry-contract.ts'

let server: RedisProcess

beforeAll(async () => {
  server = await RedisProcess.redis()
})
afterAll(() => server.dispose())

const { timers } = systemRuntime()

const open = (prefix?: string, url = server.url): RedisRegistry =>
  new RedisRegistry({
    commands: openRedisCommands({ address: parseRedisAddress(url), timers }),
    ...(prefix !== undefined && { prefix }),
  })

registryContract('the registry on Redis', async () => {
  await server.command('FLUSHALL')
  const opened: RedisRegistry[] = []
  const handle = async (): Promise<RedisRegistry> => {
    const registry = open()
    opened.push(registry)
    return registry
  }
  return {
    registry: await handle(),
    another: handle,
    passMs: (ms) => sleep(ms),
    async nowMs() {
      const [, seconds, , micros] = (await server.command('TIME'))
        .split('\r\n')
        .slice(1)
        .map((line) => Number(line))
      return (seconds ?? NaN) * 1_000 + Math.floor((micros ?? NaN) / 1_000)
    },
    async spoil(name) {
      await server.command(`HSET {skein:registry}:node:${name} record nonsense`)
    },
    async dispose() {
      await Promise.all(opened.map((registry) => registry.close()))
    },
  }
})

describe('a Redis that comes and goes', () => {
  test('fails calls at once while it is down, and is found again when it is back, empty', async () => {
    const registry = open('killed:')
    const joined = await registry.join(recordOf('a', 'one'), FINGERPRINT)
    if (joined.kind !== 'joined') throw new Error('not joined')
    await server.kill()
    await expect(registry.list()).rejects.toMatchObject({ name: 'RegistryError', reason: 'unavailable' })
    await expect(registry.list()).rejects.toMatchObject({ reason: 'unavailable' })
    await server.start()
    expect((await registry.announce(recordOf('a', 'one'), joined.epoch)).kind).toBe('lapsed')
    const again = await registry.join(recordOf('a', 'one'), FINGERPRINT)
    expect(again).toMatchObject({ kind: 'joined' })
    expect(again.kind === 'joined' && again.epoch).toBeGreaterThan(joined.epoch)
    await registry.close()
  })

  test('that hangs is given up within a second, and serves again once it goes on', async () => {
    const registry = open('hung:')
    await registry.join(recordOf('a', 'one'), FINGERPRINT)
    server.pause()
    const beganAtMs = performance.now()
    await expect(registry.list()).rejects.toMatchObject({ reason: 'unavailable' })
    expect(performance.now() - beganAtMs).toBeLessThan(1_500)
    server.resume()
    await expect
      .poll(() =>
        registry.list().then(
          () => 'listed',
          () => 'failed',
        ),
      )
      .toBe('listed')
    await registry.close()
  })

  test('two clusters on one Redis do not see each other', async () => {
    const [one, two] = [open('one:'), open('two:')]
    await one.join(recordOf('a', 'one'), FINGERPRINT)
    expect((await two.join(recordOf('a', 'two'), 'another secret')).kind).toBe('joined')
    expect((await one.list()).nodes.map(({ record }) => record.id)).toEqual(['a.one'])
    await Promise.all([one.close(), two.close()])
  })

  test('nothing stays behind for ever: all keys of nodes end with their leases', async () => {
    const registry = open('traces:')
    await registry.join(recordOf('a', 'one'), FINGERPRINT)
    expect(await server.command('PTTL {traces:registry}:node:a')).toMatch(/^:[12]\d{3}\r\n$/)
    await sleep(LEASE_TTL_MS + 100)
    expect(await server.command('EXISTS {traces:registry}:node:a')).toBe(':0\r\n')
    await registry.close()
  })
})

test('a password that is wrong says so, and asks for somebody', async () => {
  const guarded = await RedisProcess.redis('requirepass right')
  const registry = open(undefined, `redis://:wrong@127.0.0.1:${guarded.port}`)
  await expect(registry.list()).rejects.toMatchObject({ reason: 'configuration' })
  await registry.close()
  await guarded.dispose()
})

test('behind Sentinels the registry goes on with the new primary', async () => {
  const primary = await RedisProcess.redis()
  const replica = await RedisProcess.redis(`replicaof 127.0.0.1 ${primary.port}`)
  await expect
    .poll(() => replica.command('INFO replication'), { timeout: 20_000 })
    .toContain('link_status:up')
  const sentinel = await RedisProcess.sentinel(
    `sentinel monitor skein-test 127.0.0.1 ${primary.port} 1`,
    'sentinel down-after-milliseconds skein-test 500',
    'sentinel failover-timeout skein-test 5000',
  )
  await expect
    .poll(() => sentinel.command('SENTINEL REPLICAS skein-test'), { timeout: 20_000 })
    .toContain(String(replica.port))
  const registry = open(undefined, `redis+sentinel://127.0.0.1:${sentinel.port}/skein-test`)
  expect((await registry.join(recordOf('a', 'one'), FINGERPRINT)).kind).toBe('joined')
  await primary.kill()
  await expect
    .poll(
      () =>
        registry.join(recordOf('a', 'one'), FINGERPRINT).then(
          ({ kind }) => kind,
          () => 'failed',
        ),
      {
        timeout: 20_000,
      },
    )
    .toBe('joined')
  await registry.close()
  await Promise.all([primary.dispose(), replica.dispose(), sentinel.dispose()])
}, 60_000)
