import { gapsWithin, resumesWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

const PAUSE_MS = 10_000
/** Of a silent death with a send pending, plus a second to be served elsewhere. */
const SILENT_MS = 4_000
/** The same for those who have nothing to send: the heartbeat finds out. */
const SILENT_IDLE_MS = 16_000

export const nodePause: Scenario = {
  name: 'node-pause',
  about: `a node stands still for ${PAUSE_MS / 1_000} s (SIGSTOP) and goes on`,
  // Everybody speaks often enough here to have a send pending soon.
  talk: { perSecond: 60 },
  expect: [gapsWithin(SILENT_MS), resumesWithin(SILENT_IDLE_MS)],
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
      5_000,
      async () => (await node.readiness())?.ready === true,
    )
    await stage.pass(4_000)
  },
}
