import { deliversWithin, gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import { isEven, sessionsText } from './balance.ts'

const BALANCE_MS = 25_000

export const scaleOut: Scenario = {
  name: 'scale-out',
  about: 'a third node joins two, and gets its share',
  nodes: 2,
  expect: [gapsWithin(0), deliversWithin(2_000)],
  async play(stage) {
    await stage.pass(2_000)
    stage.fault('a third node starts')
    const node = await stage.bed.addNode()
    stage.say(`${node.name} is ready`)
    const tookMs = await stage.until('the nodes serve about as many sessions each', BALANCE_MS, async () =>
      isEven(await stage.sessionsByNode()),
    )
    stage.say(`balanced after ${Math.round(tookMs)} ms: ${sessionsText(await stage.sessionsByNode())}`)
    await stage.pass(2_000)
  },
}
