import { deliversWithin, gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

const DOWN_MS = 1_500

export const databaseRestart: Scenario = {
  name: 'database-restart',
  about: 'PostgreSQL is restarted by an operator, and then dies by kill -9',
  expect: [gapsWithin(0), deliversWithin(6_000)],
  async play(stage) {
    const { database } = stage.bed
    await stage.pass(2_500)
    const restart = async (what: string, end: () => Promise<void>): Promise<void> => {
      stage.fault(what, 'all')
      await end()
      await stage.pass(DOWN_MS)
      await database.start()
      stage.say('PostgreSQL is up again')
      await stage.pass(4_000)
    }
    await restart('PostgreSQL is shut down', () => database.shutDown())
    await restart('kill -9 PostgreSQL', () => database.kill())
  },
}
