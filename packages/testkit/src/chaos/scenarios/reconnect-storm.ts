import { gapsWithin, resumesWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

export const reconnectStorm: Scenario = {
  name: 'reconnect-storm',
  about: 'every connection is cut at the same moment, three times',
  expect: [gapsWithin(3_000), resumesWithin(3_000)],
  async play(stage) {
    await stage.pass(2_500)
    for (let round = 0; round < 3; round++) {
      stage.fault('all connections are cut', 'all')
      for (const node of stage.bed.nodes) node.links.clients.cut()
      await stage.pass(4_000)
    }
  },
}
