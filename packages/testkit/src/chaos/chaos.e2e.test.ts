import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runChaos } from './run-chaos.ts'
import { nodeKill } from './scenarios/node-kill.ts'
import { rollingDeploy } from './scenarios/rolling-deploy.ts'

const program = {
  module: fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url)),
  args: ['node'],
}

test.each([nodeKill, rollingDeploy])('$name: $about, and every promise holds', async (scenario) => {
  const report = await runChaos(scenario, { seed: 1, program })
  expect({ failures: report.failures, violations: report.violations }).toEqual({
    failures: [],
    violations: [],
  })
  expect(report.figures.sends).toBeGreaterThan(100)
})
