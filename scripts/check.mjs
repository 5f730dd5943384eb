import { runChecks } from './lib/checks.mjs'
import { ensureDependencies } from './lib/setup.mjs'

await ensureDependencies()
const started = performance.now()
const results = await runChecks()
const failed = results.filter((result) => !result.ok).map((result) => result.name)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(
  failed.length === 0
    ? `check: ${results.length} checks passed in ${seconds} s`
    : `check: ${failed.length} of ${results.length} failed (${failed.join(', ')}) in ${seconds} s`,
)
process.exitCode = failed.length === 0 ? 0 : 1
