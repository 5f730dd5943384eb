import type { Scenario } from '../scenario.ts'
import { SILENT } from './silent.ts'

const PAUSE_MS = 10_000

export const nodePause: Scenario = {
  name: 'node-pause',
  about: `a node stands still for ${PAUSE_MS / 1_000} s (SIGSTOP) and goes on`,
  ...SILENT,
  async play(stage) {
    await stage.pass(2_500)
    const node = stage.anyNode()
    stage.fault(`SIGSTOP ${node.name}`, node.name)
    node.pause()
    await stage.pass(PAUSE_MS)
    stage.say(`SIGCONT ${node.name}`)
    node.resume()
    await stage.until(
      `${node.name} is ready again`,
      8_000,
      async () => (await node.readiness())?.ready === true,
    )
    await stage.pass(3_000)
  },
}
