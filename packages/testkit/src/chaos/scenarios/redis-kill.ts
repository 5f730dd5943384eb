import { gapsWithin, mostDeliveredWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import { busesUp } from './bus-state.ts'
import { redisOf } from './redis.ts'

export const redisKill: Scenario = {
  name: 'redis-kill',
  about: 'Redis dies by kill -9, and comes back empty',
  redis: 'single',
  expect: [gapsWithin(0), mostDeliveredWithin(2_000)],
  async play(stage) {
    const redis = redisOf(stage)
    await stage.pass(2_500)
    stage.fault('kill -9 Redis')
    await redis.kill()
    await stage.pass(6_000)
    stage.say('Redis starts again')
    await redis.start()
    await busesUp(stage)
    await stage.pass(2_500)
  },
}
