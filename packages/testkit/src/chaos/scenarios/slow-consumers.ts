import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

/** All of the first group but the one who floods it. */
const SLOW = ['user1', 'user2', 'user3', 'user4', 'user5']
const FLOOD = { group: 0, messages: 800, bytes: 15_000 }

export const slowConsumers: Scenario = {
  name: 'slow-consumers',
  about: 'a group is flooded while most of its members hardly read',
  env: { SKEIN_SLOW_CONSUMER_BYTES: String(256 * 1_024) },
  expect: [gapsWithin(1_000)],
  async play(stage) {
    await stage.pass(2_000)
    stage.fault(`${SLOW.length} sessions hardly read any more`)
    await stage.talk.slow(SLOW, true)
    await stage.talk.flood(FLOOD)
    await stage.pass(5_000)
    const statuses = await Promise.all(stage.bed.nodes.map((node) => node.counters()))
    const switched = statuses.reduce((sum, counters) => sum + (counters?.['slowConsumers'] ?? 0), 0)
    stage.check('at least one of them was switched to catch-up', switched > 0)
    stage.say(`${switched} were switched to catch-up; they read again`)
    await stage.talk.slow(SLOW, false)
    await stage.pass(5_000)
  },
}
