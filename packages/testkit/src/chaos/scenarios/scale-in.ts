import { deliversWithin, gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import { isEven, sessionsText } from './balance.ts'

const WINDOW_MS = 4_000
/** Beside the window: to begin, and for the last ones. */
const SLACK_MS = 6_000

export const scaleIn: Scenario = {
  name: 'scale-in',
  about: 'a node is drained by an operator, and taken away',
  expect: [gapsWithin(0), deliversWithin(2_000)],
  async play(stage) {
    await stage.pass(2_000)
    const leaving = stage.anyNode()
    const [taker] = stage.bed.nodes.filter((node) => node !== leaving)
    if (taker === undefined) return
    stage.fault(`drain ${leaving.name}, asked of ${taker.name}`)
    const status = await taker.drain(leaving.name, WINDOW_MS)
    stage.check(`the drain is accepted (answer ${status})`, status === 202)
    await stage.until(`${leaving.name} has no sessions left`, WINDOW_MS + SLACK_MS, async () => {
      return (await stage.sessionsByNode()).get(leaving.name) === 0
    })
    await leaving.terminate()
    await stage.until('the others do not see it any more', 5_000, async () => {
      return (await stage.stateOf(leaving.name, taker)) === undefined
    })
    const left = new Map(await stage.sessionsByNode())
    left.delete(leaving.name)
    stage.say(`the others serve: ${sessionsText(left)}`)
    stage.check(`the others share its sessions evenly (${sessionsText(left)})`, isEven(left))
    await stage.pass(2_000)
  },
}
