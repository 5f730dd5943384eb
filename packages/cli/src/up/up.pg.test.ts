import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** The built command, as a user runs it. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

let cwd: string
const spawned: ChildProcess[] = []

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'skein-up-'))
})

afterEach(async () => {
  for (const child of spawned.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  rmSync(cwd, { recursive: true, force: true })
})

interface Skein {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
  /** The address in its banner. */
  readonly url: Promise<string>
}

function cleanEnv(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SKEIN_') && name !== 'DATABASE_URL',
  )
  return { ...Object.fromEntries(env), ...extra }
}

function skein(args: readonly string[], env: Readonly<Record<string, string>> = {}): Skein {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  spawned.push(child)
  let out = ''
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      const found = /Chat +(http:\S+)/.exec(out)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('close', () => reject(new Error(`skein ${args.join(' ')} ended: ${out}${err}`)))
  })
  url.catch(() => undefined)
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, out, err }))
  return { child, ended, url }
}

const session = async (url: string, user: string): Promise<unknown> => {
  const response = await fetch(new URL('/demo/session', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  })
  return response.json()
}

/** Processes whose command line or working directory is below the test's folder. */
const leftovers = (): readonly string[] =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(cwd))

const oneLine = (text: string): string => {
  const lines = text.trim().split('\n')
  expect(lines).toHaveLength(1)
  return lines[0] ?? ''
}

test('up serves the page and sessions, answers status, and stops cleanly', async () => {
  const up = skein(['up', '--port', '0'])
  const url = await up.url
  expect(await (await fetch(url)).text()).toContain('<html')
  expect(await session(url, 'ada')).toMatchObject({ user: 'ada', app: 'demo' })
  expect(await statesInStatus()).toEqual(['node-1 ready', 'node-2 ready', 'node-3 ready'])
  const doctor = await skein(['doctor', '--port', new URL(url).port]).ended
  expect(doctor.out).toContain('✓ Schema')
  expect(doctor.code).toBe(0)
  const second = await skein(['up', '--port', '0']).ended
  expect(second.code).toBe(73)
  expect(oneLine(second.err)).toContain(`process ${up.child.pid}`)
  up.child.kill('SIGINT')
  const { code, out } = await up.ended
  expect(code).toBe(0)
  expect(out).toContain('Stopped')
  expect(existsSync(join(cwd, '.skein/up.lock'))).toBe(false)
  expect(leftovers()).toEqual([])
})

test('token and migrate work on what up started, and no secret stands in any output', async () => {
  const up = skein(['up', '--port', '0'])
  await up.url
  const { code, out } = await skein(['token', '--user', 'ada', '--ttl', '5m', '--json']).ended
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    user: 'ada',
    app: 'demo',
    token: expect.stringMatching(/^ey.*\..*\./),
  })
  const run = JSON.parse(readFileSync(join(cwd, '.skein/run.json'), 'utf8')) as { databaseUrl: string }
  const migrated = await skein(['migrate', '--url', run.databaseUrl]).ended
  expect(migrated.code).toBe(0)
  expect(migrated.out).toContain('up to date')
  const secrets = JSON.parse(readFileSync(join(cwd, '.skein/secrets.json'), 'utf8')) as Record<string, string>
  const said = readFileSync(join(cwd, '.skein/node.log'), 'utf8') + out + migrated.out + migrated.err
  const password = new URL(run.databaseUrl).password
  for (const secret of [...Object.values(secrets), password]) expect(said).not.toContain(secret)
})

test('up that is killed with SIGKILL starts again at once on the same data and port', async () => {
  const first = skein(['up', '--port', '0'])
  const url = await first.url
  const { port } = new URL(url)
  expect(await session(url, 'ada')).toMatchObject({ user: 'ada' })
  first.child.kill('SIGKILL')
  await first.ended
  const second = skein(['up', '--port', port])
  expect(await second.url).toBe(url)
  expect(await session(url, 'ada')).toMatchObject({ user: 'ada' })
})

test('kills while it starts leave nothing that blocks the next start', async () => {
  for (const afterMs of [150, 400, 700, 1_000, 1_300]) {
    const early = skein(['up', '--port', '0'])
    setTimeout(() => early.child.kill('SIGKILL'), afterMs)
    await early.ended
  }
  expect(await session(await skein(['up', '--port', '0']).url, 'ada')).toMatchObject({ user: 'ada' })
})

const nodePids = (up: ChildProcess): readonly number[] =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(up.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.trimEnd().endsWith('main.js node'))
    .map((line) => Number.parseInt(line, 10))

const statesInStatus = async (): Promise<readonly string[]> => {
  const { out } = await skein(['status', '--json']).ended
  const { nodes } = JSON.parse(out) as { nodes: { name: string; state: string }[] }
  return nodes.map(({ name, state }) => `${name} ${state}`)
}

test('a node that is killed takes nothing away, and is started again', async () => {
  const up = skein(['up', '--port', '0', '--nodes', '2'])
  const url = await up.url
  const [first = 0, second = 0] = nodePids(up.child)
  process.kill(first, 'SIGKILL')
  // What the dying process had accepted already is reset; from then on the other one serves.
  await expect
    .poll(() => session(url, 'ada').catch(() => undefined), { timeout: 2_000, interval: 10 })
    .toMatchObject({ user: 'ada' })
  for (let asked = 0; asked < 20; asked += 1) expect(await session(url, 'ada')).toMatchObject({ user: 'ada' })
  await expect.poll(() => nodePids(up.child).length, { timeout: 10_000 }).toBe(2)
  expect(nodePids(up.child)).toContain(second)
  process.kill(second, 'SIGKILL')
  await expect
    .poll(() => session(url, 'ada').catch(() => undefined), { timeout: 10_000 })
    .toMatchObject({ user: 'ada' })
  up.child.kill('SIGINT')
  expect((await up.ended).err).toContain('ended (SIGKILL); starting it again.')
})

test('a drained node hands over and comes back as another process', async () => {
  const up = skein(['up', '--port', '0', '--nodes', '2'])
  await up.url
  const before = nodePids(up.child)
  const drained = await skein(['drain', 'node-2', '--window', '1', '--wait']).ended
  expect([drained.code, drained.out.split('\n').at(-2)]).toEqual([0, '✓ node-2 has gone.'])
  const another = (): number => nodePids(up.child).filter((pid) => !before.includes(pid)).length
  await expect.poll(another, { timeout: 10_000 }).toBe(1)
  await expect.poll(statesInStatus, { timeout: 10_000 }).toEqual(['node-1 ready', 'node-2 ready'])
  expect(nodePids(up.child)).toHaveLength(2)
  const unknown = await skein(['drain', 'node-9']).ended
  expect([unknown.code, oneLine(unknown.err).includes('node-9')]).toEqual([2, true])
})

test('the last node is not drained unless forced', async () => {
  const up = skein(['up', '--port', '0', '--nodes', '1'])
  await up.url
  const refused = await skein(['drain', 'node-1']).ended
  expect([refused.code, oneLine(refused.err).includes('--force')]).toEqual([1, true])
  expect((await skein(['drain', 'node-1', '--force', '--window', '0', '--wait']).ended).code).toBe(0)
})

test('when the supervisor is killed its nodes end too', async () => {
  const up = skein(['up', '--port', '0'])
  await up.url
  const pids = nodePids(up.child)
  expect(pids).toHaveLength(3)
  up.child.kill('SIGKILL')
  await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([])
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a busy port is told before anything is started, with the flag that changes it', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { code, err } = await skein(['up', '--port', String(port)]).ended
  server.close()
  expect(code).toBe(69)
  expect(oneLine(err)).toBe(
    `skein: Port ${port} is taken by another process. Stop that one, or choose another with --port.`,
  )
  expect(existsSync(join(cwd, '.skein/postgres'))).toBe(false)
})

test('a wrong DATABASE_URL is one line without the password', async () => {
  const url = 'postgres://skein:hunter2@127.0.0.1:1/skein'
  const { code, err } = await skein(['up', '--port', '0'], { DATABASE_URL: url, SKEIN_DATABASE_WAIT_MS: '0' })
    .ended
  expect(code).toBe(69)
  expect(oneLine(err)).not.toContain('hunter2')
  const nonsense = await skein(['up', '--port', '0'], { DATABASE_URL: 'mysql://skein:hunter2@db/skein' })
    .ended
  expect(nonsense.code).toBe(78)
  expect(oneLine(nonsense.err)).toContain('postgres://')
  expect(nonsense.err).not.toContain('hunter2')
})

test('a data directory of another PostgreSQL is one line', async () => {
  const up = skein(['up', '--port', '0'])
  await up.url
  up.child.kill('SIGTERM')
  await up.ended
  writeFileSync(join(cwd, '.skein/postgres/cluster/PG_VERSION'), '15\n')
  const { code, err } = await skein(['up', '--port', '0']).ended
  expect(code).toBe(78)
  expect(oneLine(err)).toContain('PostgreSQL 15')
})
