import { gapsWithin, mostDeliveredWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import { busesUp } from './bus-state.ts'

export const redisSentinelFailover: Scenario = {
  name: 'redis-sentinel-failover',
  about: 'the Redis primary dies, and Sentinel lets the replica take over',
  redis: 'sentinel',
  expect: [gapsWithin(0), mostDeliveredWithin(2_000)],
  async play(stage) {
    const { redis } = stage.bed
    if (redis.kind !== 'sentinel') throw new Error('this scenario asked for Sentinel and got none')
    await stage.pass(2_500)
    stage.fault('kill -9 the primary of Redis')
    await redis.set.primary.kill()
    await redis.set.failedOver()
    stage.say('the replica has taken over')
    await busesUp(stage)
    await stage.pass(3_000)
  },
}
