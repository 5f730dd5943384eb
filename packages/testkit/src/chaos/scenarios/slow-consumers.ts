import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

/** All of the first group but the one who floods it. */
const SLOW = ['user1', 'user2', 'user3', 'user4', 'user5']
/** More than the buffers of two kernels hold. */
const FLOOD = { group: 0, messages: 800, bytes: 15_000 }
const SLOW_BYTES_PER_SECOND = 100_000

export const slowConsumers: Scenario = {
  name: 'slow-consumers',
  about: 'a group is flooded while most of its members can hardly read',
  narrow: SLOW,
  env: { SKEIN_SLOW_CONSUMER_BYTES: String(64 * 1_024) },
  expect: [gapsWithin(1_000)],
  async play(stage) {
    await stage.pass(2_000)
    stage.fault(`${SLOW.length} sessions can hardly read any more, and their group is flooded`)
    for (const { links } of stage.bed.nodes) links.narrow.bytesPerSecond = SLOW_BYTES_PER_SECOND
    await stage.talk.flood(FLOOD)
    await stage.until('one of them is switched to catch-up', 15_000, async () => {
      const counters = await Promise.all(stage.bed.nodes.map((node) => node.counters()))
      return counters.some((counts) => (counts?.['slowConsumers'] ?? 0) > 0)
    })
    await stage.pass(2_000)
    stage.say('they read again')
    for (const { links } of stage.bed.nodes) links.narrow.bytesPerSecond = undefined
    await stage.pass(4_000)
  },
}
