import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runChaos } from './run-chaos.ts'
import type { Scenario } from './scenario.ts'
import { nodeKill } from './scenarios/node-kill.ts'
import { rollingDeploy } from './scenarios/rolling-deploy.ts'

const program = {
  module: fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url)),
  args: ['node'],
}

test.each([nodeKill, rollingDeploy])('$name: $about, and every promise holds', async (scenario) => {
  const { failures, violations, figures } = await runChaos(scenario, { seed: 1, program })
  expect({ failures, violations }).toEqual({ failures: [], violations: [] })
  expect(figures.sends).toBeGreaterThan(100)
})

const KILLS = 24
/** Every so many kills the database dies too. */
const DATABASE_EVERY = 8
/** In between it runs this long, so that kills fall into every phase of a recovery. */
const UPTIME_MS = { least: 100, most: 900 }

const aloneUnderFire: Scenario = {
  name: 'alone-under-fire',
  about: 'a server that is alone is killed again and again, the database among the killed',
  nodes: 1,
  talk: { users: 12, secondDevices: 2, groupSize: 4, perSecond: 150 },
  expect: [],
  async play(stage) {
    const { database, nodes } = stage.bed
    for (let kill = 1; kill <= KILLS; kill++) {
      await stage.pass(UPTIME_MS.least + (UPTIME_MS.most - UPTIME_MS.least) * stage.random.next())
      for (const node of nodes) {
        stage.fault(`kill -9 ${node.name}`, node.name)
        if (kill % DATABASE_EVERY === 0) await database.kill()
        await node.kill()
        if (kill % DATABASE_EVERY === 0) await database.start()
        await node.start()
      }
    }
    await stage.pass(UPTIME_MS.most)
  },
}

test(`${aloneUnderFire.about}: nothing is lost, doubled or reordered`, async () => {
  const { failures, violations, figures, faults } = await runChaos(aloneUnderFire, { seed: 1, program })
  expect({ failures, violations }).toEqual({ failures: [], violations: [] })
  expect(faults).toHaveLength(KILLS)
  expect(figures.sends).toBeGreaterThan(1_000)
})
