import type { ClockMessage } from '../../cluster-bed/settable-clock-main.ts'
import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

const AHEAD_MS = 3_600_000
const NOTICED_MS = 6_000

export const clockJump: Scenario = {
  name: 'clock-jump',
  about: "a node's clock jumps an hour ahead, then an hour back behind",
  settableClock: true,
  expect: [gapsWithin(1_000)],
  async play(stage) {
    await stage.pass(2_500)
    const node = stage.anyNode()
    const set = (clockOffMs: number): void => node.tell({ clockOffMs } satisfies ClockMessage)
    for (const offMs of [AHEAD_MS, -AHEAD_MS]) {
      stage.fault(`the clock of ${node.name} is off by ${offMs / 60_000} min`)
      set(offMs)
      await stage.until(`${node.name} says that its clock is off`, NOTICED_MS, async () => {
        const answer = await node.readiness()
        return answer?.ready === false && answer.reasons?.some((reason) => /clock/i.test(reason)) === true
      })
      await stage.pass(2_000)
      stage.say(`the clock of ${node.name} is right again`)
      set(0)
      await stage.untilReady(node, NOTICED_MS)
      await stage.pass(1_500)
    }
  },
}
