import { ensureBuilt, ensureDependencies, orExit } from './lib/setup.mjs'

await orExit(async () => {
  await ensureDependencies()
  await ensureBuilt()
})
