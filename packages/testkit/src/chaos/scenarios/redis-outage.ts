import type { RedisProcess } from '../../cluster-bed/redis-process.ts'
import { gapsWithin, mostDeliveredWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import { busesUp } from './bus-state.ts'

const OUTAGE_MS = 6_000

interface Outage {
  readonly name: string
  readonly about: string
  readonly begins: string
  readonly ends: string
  readonly begin: (redis: RedisProcess) => Promise<void> | void
  readonly end: (redis: RedisProcess) => Promise<void> | void
}

/** The one Redis of the bed answers nobody for a while; nodes read the log instead. */
const redisOutage = ({ name, about, begins, ends, begin, end }: Outage): Scenario => ({
  name,
  about,
  redis: 'single',
  expect: [gapsWithin(0), mostDeliveredWithin(2_000)],
  async play(stage) {
    const { redis } = stage.bed
    if (redis.kind !== 'single') throw new Error('this scenario asked for a Redis and got none')
    await stage.pass(2_500)
    stage.fault(begins)
    await begin(redis.server)
    await stage.pass(OUTAGE_MS)
    stage.say(ends)
    await end(redis.server)
    await busesUp(stage)
    await stage.pass(2_500)
  },
})

export const redisKill = redisOutage({
  name: 'redis-kill',
  about: 'Redis dies by kill -9, and comes back empty',
  begins: 'kill -9 Redis',
  ends: 'Redis starts again',
  begin: (redis) => redis.kill(),
  end: (redis) => redis.start(),
})

export const redisHang = redisOutage({
  name: 'redis-hang',
  about: `Redis stands still for ${OUTAGE_MS / 1_000} s (SIGSTOP) and goes on`,
  begins: 'SIGSTOP Redis',
  ends: 'SIGCONT Redis',
  begin: (redis) => redis.pause(),
  end: (redis) => redis.resume(),
})
