import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

export const databaseHang: Scenario = {
  name: 'database-hang',
  about: 'PostgreSQL does not answer for 6 s, and then goes on',
  expect: [gapsWithin(0)],
  async play(stage) {
    const links = stage.bed.nodes.map((node) => node.links.database)
    await stage.pass(2_500)
    stage.fault('PostgreSQL falls silent', 'all')
    for (const link of links) link.hang()
    await stage.pass(6_000)
    stage.say('PostgreSQL answers again')
    for (const link of links) link.release()
    await stage.pass(6_000)
  },
}
