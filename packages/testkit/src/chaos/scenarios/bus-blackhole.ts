import { gapsWithin, mostDeliveredWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import { busesUp } from './bus-state.ts'

export const busBlackhole: Scenario = {
  name: 'bus-blackhole',
  about: 'the bus swallows everything for 6 s; nodes read the log instead',
  expect: [gapsWithin(0), mostDeliveredWithin(1_500)],
  async play(stage) {
    const links = stage.bed.nodes.map((node) => node.links.database)
    await stage.pass(2_500)
    stage.fault('the bus swallows everything')
    for (const link of links) link.deaf = true
    await stage.pass(6_000)
    stage.say('the bus passes everything again')
    for (const link of links) link.deaf = false
    await busesUp(stage)
    await stage.pass(2_500)
  },
}
