import type { Scenario } from '../scenario.ts'
import { SILENT } from './silent.ts'

const HOLE_MS = 10_000

export const nodeBlackhole: Scenario = {
  name: 'node-blackhole',
  about: `a node's network swallows everything for ${HOLE_MS / 1_000} s`,
  ...SILENT,
  async play(stage) {
    await stage.pass(2_500)
    const node = stage.anyNode()
    stage.fault(`${node.name} is cut off`, node.name)
    node.blackHole()
    await stage.pass(HOLE_MS)
    stage.say(`${node.name} is back on the network`)
    node.heal()
    await stage.until(
      `${node.name} is ready again`,
      8_000,
      async () => (await node.readiness())?.ready === true,
    )
    await stage.pass(3_000)
  },
}
