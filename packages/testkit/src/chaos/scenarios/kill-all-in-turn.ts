import { resumesWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

export const killAllInTurn: Scenario = {
  name: 'kill-all-in-turn',
  about: 'every node dies by kill -9, one after the other',
  expect: [resumesWithin(1_000)],
  async play(stage) {
    await stage.pass(2_000)
    for (const node of stage.bed.nodes) {
      stage.fault(`kill -9 ${node.name}`, node.name)
      await node.kill()
      await stage.pass(1_500)
      await node.start()
      await stage.pass(1_500)
    }
    await stage.pass(1_000)
  },
}
