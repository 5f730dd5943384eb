import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gather } from '../run.mjs'

const here = dirname(fileURLToPath(import.meta.url))
/** Whom this machine trusts, its base images trust: its way to a registry may lead through a proxy of its own. */
const TRUSTED = '/etc/ssl/certs/ca-certificates.crt'
const NODE_MAJOR = process.versions.node.split('.')[0]

const DEBIAN = 'debian:bookworm-slim'
const NODE = `node:${NODE_MAJOR}-bookworm-slim`
/** What deploy/compose names, by its target in services.Dockerfile. */
const SERVICES = {
  postgres: 'postgres:15-bookworm',
  redis: 'redis:7.0-bookworm',
  haproxy: 'haproxy:2.6-bookworm',
  prometheus: 'prom/prometheus:v2.42.0',
}

export class ImageError extends Error {}

/** Makes the images that the Dockerfile and compose begin with, from packages, under the very same tags. Kept ones are kept. */
export async function makeBaseImages(docker, say) {
  const stamp = `skein-made-by:${recipe()}`
  if (await has(docker, stamp)) return
  say('debootstrap: the base image (once) …')
  await makeDebian(docker)
  say(`${NODE} from the Node that runs this …`)
  await makeNode(docker)
  say(`${Object.values(SERVICES).join(', ')} from packages (once) …`)
  for (const [target, tag] of Object.entries(SERVICES)) {
    await docker('build', '-q', '-t', tag, '--target', target, '-f', join(here, 'services.Dockerfile'), here)
  }
  await docker('tag', DEBIAN, stamp)
}

/** Fetches what is missing, where the images are to be the real ones. */
export async function pullBaseImages(docker) {
  for (const tag of [DEBIAN, NODE, ...Object.values(SERVICES)]) {
    if (!(await has(docker, tag))) await docker('pull', '-q', tag)
  }
}

function recipe() {
  const hash = createHash('sha256').update(process.version)
  for (const file of ['base-images.mjs', 'services.Dockerfile', 'postgres-entrypoint.sh'])
    hash.update(readFileSync(join(here, file)))
  if (existsSync(TRUSTED)) hash.update(readFileSync(TRUSTED))
  return hash.digest('hex').slice(0, 16)
}

const has = (docker, image) =>
  docker('image', 'inspect', '--format', '{{.Id}}', image).then(
    () => true,
    () => false,
  )

async function makeDebian(docker) {
  await inFolder(async (folder) => {
    const system = join(folder, 'system')
    await run('debootstrap', '--variant=minbase', 'bookworm', system)
    for (const path of ['doc', 'man', 'locale', 'info']) clear(system, 'usr/share', path)
    clear(system, 'var/cache/apt/archives')
    clear(system, 'var/lib/apt/lists')
    const archive = join(folder, 'system.tar')
    await run('tar', '-C', system, '-cf', archive, '.')
    await docker('import', archive, DEBIAN)
  })
}

async function makeNode(docker) {
  await inFolder(async (folder) => {
    const bin = join(folder, 'usr/local/bin')
    const modules = join(folder, 'usr/local/lib/node_modules')
    mkdirSync(bin, { recursive: true })
    mkdirSync(modules, { recursive: true })
    cpSync(process.execPath, join(bin, 'node'))
    cpSync(npmFolder(), join(modules, 'npm'), { recursive: true })
    for (const name of ['npm', 'npx'])
      symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name))
    const lines = [`FROM ${DEBIAN}`, 'COPY usr /usr']
    if (existsSync(TRUSTED)) {
      cpSync(TRUSTED, join(folder, 'trusted.crt'), { dereference: true })
      lines.push(`COPY trusted.crt ${TRUSTED}`, `ENV NODE_EXTRA_CA_CERTS=${TRUSTED}`)
    }
    writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`)
    await docker('build', '-q', '-t', NODE, folder)
  })
}

function npmFolder() {
  const prefix = dirname(dirname(process.execPath))
  const found = [
    join(prefix, 'lib/node_modules/npm'),
    '/usr/lib/node_modules/npm',
    '/usr/share/nodejs/npm',
  ].find((folder) => existsSync(join(folder, 'bin/npm-cli.js')))
  if (found === undefined) throw new ImageError(`No npm stands beside ${process.execPath}.`)
  return found
}

async function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'skein-image-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const clear = (...path) => {
  rmSync(join(...path), { recursive: true, force: true })
  mkdirSync(join(...path), { recursive: true })
}

async function run(program, ...args) {
  const { code, output } = await gather(program, args, {
    env: { PATH: `/usr/sbin:/sbin:${process.env.PATH}` },
  })
  if (code !== 0)
    throw new ImageError(`${program} failed:\n${output.trim().split('\n').slice(-10).join('\n')}`)
}
