import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './lib/paths.mjs'
import { gather, show } from './lib/run.mjs'

/** The Node versions that Skein promises to run on. */
const VERSIONS = ['20', '22', '24']

/** A Node of that major version: this one, or the binary inside npm's `node-<platform>-<arch>` package. */
async function nodeOf(major) {
  if (process.versions.node.split('.')[0] === major) return process.execPath
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const folder = join(root, 'node_modules/.cache/skein-node', major)
  const binary = join(folder, 'node_modules', name, 'bin/node')
  if (existsSync(binary)) return binary
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  console.log(`Fetching Node ${major} (once) …`)
  const { output } = await gather(
    'npm',
    ['install', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${major}`],
    {
      cwd: folder,
    },
  )
  if (!existsSync(binary)) throw new Error(`npm has no Node ${major} as ${name}:\n${output.trim()}`)
  return binary
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : VERSIONS
const failed = []
for (const major of wanted) {
  const node = await nodeOf(major)
  const version = (await gather(node, ['--version'])).output.trim()
  console.log(`\n════ Node ${version} ════`)
  const env = { PATH: `${dirname(node)}:${process.env.PATH}` }
  if ((await show(node, [join(root, 'scripts/test.mjs')], { env })) !== 0) failed.push(version)
}
console.log(
  failed.length === 0
    ? `\nmatrix: all of Node ${wanted.join(', ')} passed`
    : `\nmatrix: failed on ${failed.join(', ')}`,
)
process.exitCode = failed.length > 0 ? 1 : 0
