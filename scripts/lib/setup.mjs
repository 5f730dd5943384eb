import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, tool } from './paths.mjs'
import { gather } from './run.mjs'

const hash = (content) => createHash('sha256').update(content).digest('hex')
const modules = join(root, 'node_modules')

/** Whether node_modules holds what package-lock.json names (packages for other platforms may be missing). */
function installed() {
  const hidden = join(modules, '.package-lock.json')
  if (!existsSync(hidden) || !existsSync(tool('tsc'))) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const there = JSON.parse(readFileSync(hidden, 'utf8')).packages
  return Object.entries(wanted)
    .filter(([path, entry]) => path.includes('node_modules/') && entry.optional !== true)
    .every(([path, entry]) => there[path]?.version === entry.version && there[path]?.link === entry.link)
}

/**
 * Installs what package-lock.json names unless that is in place. Throws when it cannot. First the lock
 * file to the letter, twice, since networks hiccup; then what npm can make of it (a registry without
 * the packages of every other platform makes `npm ci` call the lock file incomplete).
 */
export async function ensureDependencies() {
  if (installed()) return
  console.log('Installing dependencies (once) …')
  const npm = (...args) => gather('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'])
  let result = await npm('ci')
  if (result.code !== 0 && !result.output.includes('EUSAGE')) result = await npm('ci')
  if (result.code !== 0) result = await npm('install', '--no-save')
  if (result.code !== 0) {
    throw new SetupError(
      `npm could not install the dependencies; is the registry reachable?\n${result.output.trim()}`,
    )
  }
}

export class SetupError extends Error {}

/** What the page is built from: its own files and the packages that are bundled into it. */
const PAGE_SOURCES = ['console', 'sdk', 'protocol', 'resilience', 'core'].map((name) => `packages/${name}`)

function fingerprint(folder) {
  const lines = []
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (['dist', 'node_modules'].includes(entry.name) || /\.test\.tsx?$/.test(entry.name)) continue
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) lines.push(...fingerprint(path))
    else lines.push(`${path} ${hash(readFileSync(join(root, path)))}`)
  }
  return lines
}

async function buildPage() {
  if (!existsSync(join(root, 'packages/console/index.html'))) return
  const stamp = join(root, 'packages/console/dist/.stamp')
  const now = hash(PAGE_SOURCES.flatMap(fingerprint).sort().join('\n'))
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return
  const args = ['run', 'build', '--silent', '--workspace', '@skein/console']
  const { code, output } = await gather('npm', args)
  if (code !== 0) throw new SetupError(`The page does not build:\n${output.trim()}`)
  writeFileSync(stamp, now)
}

async function compile() {
  const { code, output } = await gather(tool('tsc'), ['-b'])
  if (code !== 0) throw new SetupError(`The sources do not compile:\n${output.trim()}`)
}

/** Compiles what changed. Throws with the compiler's words when it does not compile. */
export async function ensureBuilt() {
  const fresh = !existsSync(join(root, 'packages/cli/dist/main.js'))
  if (fresh) console.log('Building …')
  await Promise.all([compile(), buildPage()])
}

/** One clear line instead of a stack for what set-up expects to go wrong. */
export async function orExit(work) {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    console.error(error.message)
    process.exit(1)
  }
}
