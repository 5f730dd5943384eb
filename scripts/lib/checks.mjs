import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, tool } from './paths.mjs'
import { gather } from './run.mjs'

const consoleTypes = () => {
  const config = join(root, 'packages/console/tsconfig.json')
  return existsSync(config) ? [['types of the console', tool('tsc'), ['-p', config, '--noEmit']]] : []
}

/** [name, program, arguments]; those of one list run side by side, the lists one after the other. */
const stages = () => [
  [
    ['types', tool('tsc'), ['-b']],
    ['format', tool('oxfmt'), ['--list-different']],
    ['boundaries', process.execPath, [join(root, 'scripts/check-boundaries.mjs')]],
  ],
  [
    ['types of the tests', tool('tsc'), ['-p', 'tsconfig.test.json']],
    ...consoleTypes(),
    ['lint', tool('oxlint'), ['--type-aware', '--deny-warnings', '--quiet', '--format=unix']],
    ['unused code', tool('knip'), ['--no-progress', '--no-config-hints']],
  ],
]

const HINTS = { format: 'not formatted as agreed; npm run format mends these files:' }

/** Runs every check; prints only problems. Resolves with one result per check. */
export async function runChecks() {
  const results = []
  for (const stage of stages()) {
    const done = await Promise.all(
      stage.map(async ([name, program, args]) => {
        const { code, output } = await gather(program, args)
        return { name, ok: code === 0, output: output.trim() }
      }),
    )
    for (const result of done) {
      if (!result.ok) console.log(`${result.name}: ${HINTS[result.name] ?? ''}\n${result.output}\n`)
    }
    results.push(...done)
  }
  return results
}
