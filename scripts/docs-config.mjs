import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lib/paths.mjs'
import { ensureBuilt, ensureDependencies, orExit } from './lib/setup.mjs'

await orExit(async () => {
  await ensureDependencies()
  await ensureBuilt()
})
const { metricsReference, NODE_OPTIONS, referenceOf } = await import(
  join(root, 'packages/server/dist/index.js')
)
writeFileSync(join(root, 'docs/configuration.md'), referenceOf(NODE_OPTIONS))
writeFileSync(join(root, 'docs/metrics.md'), metricsReference())
