import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './paths.mjs'
import { ensureBuilt, ensureDependencies, orExit } from './setup.mjs'

await orExit(async () => {
  await ensureDependencies()
  await ensureBuilt()
})

// In this process, not a child: signals and the terminal are then the command's own.
const main = join(root, 'packages/cli/dist/main.js')
process.argv = [process.execPath, main, 'up', ...process.argv.slice(2)]
await import(pathToFileURL(main).href)
