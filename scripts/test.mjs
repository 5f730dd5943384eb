import { runChecks } from './lib/checks.mjs'
import { ensureChromium } from './lib/chromium.mjs'
import { ensureDocker } from './lib/docker.mjs'
import { ensureProxies } from './lib/proxies.mjs'
import { ensureRedis } from './lib/redis.mjs'
import { ensureBuilt, ensureDependencies, SetupError } from './lib/setup.mjs'
import { browserTests, containerTests, nothing, proxyTests, runSuite, sum } from './lib/suites.mjs'

const underCi = process.env.CI === 'true'

try {
  await ensureDependencies()
  await ensureBuilt()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.log(`${error.message}\n\n0 passed, 1 failed, 0 skipped`)
  process.exit(1)
}

console.log('── checks ──')
const checks = await runChecks()
let total = {
  ...nothing,
  passed: checks.filter((check) => check.ok).length,
  failed: checks.filter((check) => !check.ok).length,
}
console.log(`${total.passed} of ${checks.length} checks passed`)

const noRedis = await ensureRedis()
const noProxies = await ensureProxies()
const withoutProxies = noProxies === undefined ? [] : proxyTests()
for (const project of ['unit', 'pg', 'sim']) total = sum(total, await runSuite(project, withoutProxies))
if (noRedis !== undefined) console.log(`\nSKIPPED: the tests that need Redis. ${noRedis}`)

if (noProxies !== undefined) {
  console.log(`\nSKIPPED: ${withoutProxies.length} test files of the edge. ${noProxies}`)
  for (const path of withoutProxies) console.log(`  ${path}`)
  total = { ...total, skipped: total.skipped + withoutProxies.length }
}

const noBrowser = await ensureChromium()
const leftOut = noBrowser === undefined ? [] : browserTests()
total = sum(total, await runSuite('e2e', [...new Set([...leftOut, ...withoutProxies])]))
if (noBrowser !== undefined) {
  console.log(`\nSKIPPED: ${leftOut.length} test files of the page. ${noBrowser}`)
  for (const path of leftOut) console.log(`  ${path}`)
  total = { ...total, skipped: total.skipped + leftOut.length }
}

// Where this is itself a container without the right to run others, nobody can install what is missing.
const noDocker = await ensureDocker()
const mustNotBeSkipped = total.skipped
if (noDocker === undefined) total = sum(total, await runSuite('containers'))
else {
  const files = containerTests()
  console.log(`\nSKIPPED: ${files.length} test files of containers. ${noDocker}`)
  for (const path of files) console.log(`  ${path}`)
  total = { ...total, skipped: total.skipped + files.length }
}
if (underCi && mustNotBeSkipped > 0) {
  console.log(`\nUnder CI nothing that can be installed may be skipped, and ${mustNotBeSkipped} were.`)
}

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 || (underCi && mustNotBeSkipped > 0) ? 1 : 0
