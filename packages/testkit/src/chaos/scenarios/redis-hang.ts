import { gapsWithin, mostDeliveredWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import { busesUp } from './bus-state.ts'
import { redisOf } from './redis.ts'

export const redisHang: Scenario = {
  name: 'redis-hang',
  about: 'Redis stands still for 6 s (SIGSTOP) and goes on',
  redis: 'single',
  expect: [gapsWithin(0), mostDeliveredWithin(2_000)],
  async play(stage) {
    const redis = redisOf(stage)
    await stage.pass(2_500)
    stage.fault('SIGSTOP Redis')
    redis.pause()
    await stage.pass(6_000)
    stage.say('SIGCONT Redis')
    redis.resume()
    await busesUp(stage)
    await stage.pass(2_500)
  },
}
