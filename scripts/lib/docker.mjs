import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureInstalled } from './apt.mjs'
import { makeBaseImages, pullBaseImages } from './docker/base-images.mjs'
import { gather } from './run.mjs'

const PATH = [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter)
const DAEMON = 'dockerd'
/** Of whoever runs this. */
const GIVEN = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'
const PURPOSE = 'the tests of containers'
const START_MS = 30_000
const STOP_MS = 20_000
const POLL_MS = 200

const onPath = (program) => PATH.split(delimiter).some((folder) => existsSync(join(folder, program)))

/** Package by the program that is wanted of it. */
const PROGRAMS = {
  docker: 'docker.io',
  [DAEMON]: 'docker.io',
  'docker-compose': 'docker-compose',
  debootstrap: 'debootstrap',
  iptables: 'iptables',
}

/** Containers for the tests: a daemon that answers, or one that can be started here. Resolves with why not. */
export async function ensureDocker() {
  const isThere = onPath('docker') && onPath('docker-compose') && (await answers(GIVEN))
  if (isThere) return undefined
  for (const [program, name] of Object.entries(PROGRAMS)) {
    const why = await ensureInstalled(name, PURPOSE, () => onPath(program))
    if (why !== undefined) return why
  }
  try {
    const daemon = await openDaemon()
    await daemon.close()
    return undefined
  } catch (error) {
    return error instanceof DockerError ? error.message : String(error)
  }
}

class DockerError extends Error {}

/** A daemon with all images that the Dockerfile and compose begin with. `close` ends what was started. */
export async function openDocker(say = () => undefined) {
  const daemon = await openDaemon()
  try {
    const docker = commandOf(daemon.host)
    if (daemon.own) await makeBaseImages(docker, say)
    // In a daemon of somebody else the tags stay what they are; only where nothing can be fetched they are made.
    else await pullBaseImages(docker).catch(() => makeBaseImages(docker, say))
    return daemon
  } catch (error) {
    await daemon.close()
    throw error
  }
}

function commandOf(host) {
  return async (...args) => {
    const env = { PATH, DOCKER_HOST: host, DOCKER_BUILDKIT: '0' }
    const { code, output } = await gather('docker', args, { env })
    if (code !== 0)
      throw new DockerError(`docker ${args[0]} failed:\n${output.trim().split('\n').slice(-10).join('\n')}`)
    return output.trim()
  }
}

/** `docker version` fails without a server; `docker info` of some versions does not. */
const answers = async (host) =>
  (await gather('docker', ['version'], { env: { PATH, DOCKER_HOST: host } })).code === 0

async function openDaemon() {
  if (await answers(GIVEN)) return { host: GIVEN, own: false, close: async () => undefined }
  if (process.getuid?.() !== 0) throw new DockerError('no Docker daemon answers, and only root may start one')
  return startDaemon()
}

/** In a folder of its own, which stays: the next run finds its images there. */
async function startDaemon() {
  const folder = join(tmpdir(), 'skein-docker')
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  const host = `unix://${join(folder, 'docker.sock')}`
  const pidFile = join(folder, 'dockerd.pid')
  if (await answers(host))
    return { host, own: true, close: () => endDaemon(Number(readFileSync(pidFile, 'utf8'))) }
  rmSync(pidFile, { force: true })
  const log = openSync(join(folder, 'dockerd.log'), 'w')
  const args = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    pidFile,
    '-H',
    host,
    '--mtu',
    String(mtu()),
  ]
  // In a group of its own: Ctrl-C must not end it before its containers are gone.
  const child = spawn(DAEMON, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, PATH },
  })
  let ended = false
  child.once('exit', () => (ended = true))
  child.once('error', () => (ended = true))
  const deadline = performance.now() + START_MS
  while (!(await answers(host))) {
    if (ended || performance.now() > deadline) {
      if (!ended && child.pid !== undefined) await endDaemon(child.pid)
      const words = readFileSync(join(folder, 'dockerd.log'), 'utf8').trim().split('\n').slice(-3).join('\n')
      throw new DockerError(`dockerd does not start here:\n${words}`)
    }
    await sleep(POLL_MS)
  }
  child.unref()
  await sweep(commandOf(host))
  return { host, own: true, close: () => endDaemon(child.pid) }
}

/** What a run that was killed left behind, and images of builds that are long over. */
async function sweep(docker) {
  const left = await docker('ps', '-aq')
  if (left !== '') await docker('rm', '-fv', ...left.split('\n'))
  await docker('network', 'prune', '-f')
  await docker('volume', 'prune', '-f')
  await docker('image', 'prune', '-f', '--filter', 'until=48h')
}

async function endDaemon(pid) {
  const signal = (name) => {
    try {
      return process.kill(pid, name)
    } catch {
      return false
    }
  }
  signal('SIGTERM')
  const deadline = performance.now() + STOP_MS
  while (signal(0)) {
    if (performance.now() > deadline) signal('SIGKILL')
    await sleep(POLL_MS)
  }
}

/** Of the way out: containers that send larger packets wait for answers that never come. */
function mtu() {
  try {
    const route = readFileSync('/proc/net/route', 'utf8')
      .split('\n')
      .map((line) => line.split('\t'))
    const way = route.find(([, destination]) => destination === '00000000')?.[0]
    return Number(readFileSync(`/sys/class/net/${way}/mtu`, 'utf8'))
  } catch {
    return 1_500
  }
}
