import { resumesWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

export const nodeKill: Scenario = {
  name: 'node-kill',
  about: 'a node dies by kill -9, and comes back',
  expect: [resumesWithin(1_000)],
  async play(stage) {
    await stage.pass(3_000)
    const node = stage.anyNode()
    stage.fault(`kill -9 ${node.name}`, node.name)
    await node.kill()
    await stage.pass(5_000)
    stage.say(`${node.name} starts again`)
    await node.start()
    await stage.pass(4_000)
  },
}
