import { deliversWithin, gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

export const rollingDeploy: Scenario = {
  name: 'rolling-deploy',
  about: 'every node is replaced, one after the other (SIGTERM, start)',
  expect: [gapsWithin(0), deliversWithin(2_000)],
  async play(stage) {
    await stage.pass(1_500)
    for (const node of stage.bed.nodes) {
      stage.fault(`SIGTERM ${node.name}`)
      await node.terminate()
      await node.start()
      await stage.pass(1_000)
    }
    await stage.pass(1_000)
  },
}
