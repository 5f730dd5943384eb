import { redisBus, systemRuntime } from '@skein/server'
import { describe, expect, test } from 'vitest'
import { FaultProxy } from '../../cluster-bed/fault-proxy.ts'
import { hasRedisServer, RedisProcess } from '../../cluster-bed/redis-process.ts'
import { SentinelSet } from '../../cluster-bed/sentinel-set.ts'
import { busContract } from './bus-contract.ts'
import type { BusHarness, BusWorld } from './bus-harness.ts'
import { join, Member, record, until } from './member.ts'
import { Buses, realTime } from './real-time.ts'

const runtime = systemRuntime()

/** How long a fail-over may take. */
const SENTINEL_MS = 20_000

async function open(): Promise<BusHarness> {
  const server = await RedisProcess.redis()
  const proxy = await FaultProxy.open(server.port, /subscribe/i)
  const buses = new Buses()
  return {
    ...realTime,
    bus: (node) => buses.add(redisBus({ node, runtime, url: `redis://127.0.0.1:${proxy.port}` })),
    kill: () => server.kill(),
    revive: () => server.start(),
    hang: async () => server.pause(),
    resume: async () => server.resume(),
    deafen() {
      proxy.deaf = true
    },
    undeafen() {
      proxy.deaf = false
    },
    stopAll: () => buses.stopAll(),
    async dispose() {
      await proxy.close()
      await server.dispose()
    },
  }
}

async function sentinels() {
  const set = await SentinelSet.open('skein-test')
  const { primary, replica, sentinel, url } = set
  const buses = new Buses()
  const harness: BusWorld = {
    ...realTime,
    bus: (node) => buses.add(redisBus({ node, runtime, url })),
  }
  return {
    primary,
    replica,
    sentinel,
    harness,
    async [Symbol.asyncDispose]() {
      await buses.stopAll()
      await set.dispose()
    },
  }
}

// Where Redis cannot be had, `npm test` says so. Under CI it must be there, and these fail without it.
describe.skipIf(!hasRedisServer() && process.env['CI'] !== 'true')('with a real Redis', () => {
  busContract('the bus on Redis', open)

  describe('the bus with Sentinels', () => {
    test('follows a fail-over: the primary is killed, the replica takes over', async () => {
      await using world = await sentinels()
      const { harness, primary } = world
      const [ann, ben] = [await join(harness, 'a'), await join(harness, 'b')]
      await ben.subscribe('app', 'one')
      ann.bus.publish([record('app', 'one', 1)])
      await until(harness, 'the hint arrives', () => ben.heard('one').length === 1)

      await primary.kill()
      await until(harness, 'both notice', () => ann.bus.state === 'down' && ben.bus.state === 'down', 3_000)
      await until(
        harness,
        'both are back',
        () => ann.bus.state === 'up' && ben.bus.state === 'up',
        SENTINEL_MS,
      )
      ann.bus.publish([record('app', 'one', 2)])
      await until(harness, 'hints arrive by the new primary', () => ben.heard('one').length === 2)
      expect(ben.heard('one')).toEqual([1, 2])
    })

    test('follows a switch-over: the old primary lives on as a replica', async () => {
      await using world = await sentinels()
      const { harness, sentinel, replica } = world
      const [ann, ben] = [await join(harness, 'a'), await join(harness, 'b')]
      await ben.subscribe('app', 'one')
      await sentinel.command('SENTINEL FAILOVER skein-test')
      await expect.poll(() => replica.command('ROLE'), { timeout: SENTINEL_MS }).toContain('master')
      await until(harness, 'both notice', () => ann.bus.counters.losses > 0 && ben.bus.counters.losses > 0)
      await until(
        harness,
        'both are back',
        () => ann.bus.state === 'up' && ben.bus.state === 'up',
        SENTINEL_MS,
      )
      ann.bus.publish([record('app', 'one', 1)])
      await until(harness, 'hints arrive by the new primary', () => ben.heard('one').length === 1)
    })
  })

  describe('a Redis that does not serve us', () => {
    test('because of a wrong password is told as refused, with the reason', async () => {
      const server = await RedisProcess.redis('requirepass secret')
      const buses = new Buses()
      const harness = {
        ...realTime,
        bus: (node: string) =>
          buses.add(redisBus({ node, runtime, url: `redis://:wrong@127.0.0.1:${server.port}` })),
      }
      const ann = new Member(harness, 'a')
      ann.start()
      await until(harness, 'it is refused', () => ann.changes.length > 0)
      expect(ann.changes[0]).toMatchObject({
        state: 'down',
        reason: 'refused',
        message: expect.stringContaining('WRONGPASS'),
      })
      await buses.stopAll()
      await server.dispose()
    })
  })
})
