import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { temporaryPostgres } from '@skein/embedded-postgres'
import { expect, onTestFinished, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

const node = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  new Promise<{ readonly code: unknown; readonly err: string }>((resolve) => {
    const { PATH = '' } = process.env
    execFile(process.execPath, [MAIN, ...args], { env: { PATH, ...env } }, (error, _out, err) =>
      resolve({ code: error?.code ?? 0, err }),
    )
  })

test('a node without a secret ends with 78 and one line', async () => {
  const { code, err } = await node(['node'], { DATABASE_URL: 'postgres://127.0.0.1:1/skein' })
  expect(code).toBe(78)
  expect(err).toBe(
    'skein: No way to check tokens: set SKEIN_JWT_SECRET or SKEIN_JWKS_URL. There is no default.\n',
  )
})

test('a node whose database stays away says so and ends with 69', async () => {
  const { code, err } = await node(['node', '--database-url', 'postgres://skein:hunter2@127.0.0.1:1/skein'], {
    SKEIN_JWT_SECRET: 'a-secret-of-more-than-32-characters-x',
    SKEIN_DATABASE_WAIT_MS: '300',
  })
  expect(code).toBe(69)
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(err).not.toContain('hunter2')
})

test('the name of a living node and the secret of another cluster end with 78 and one line; a signal with 0', async () => {
  const database = await temporaryPostgres()
  onTestFinished(() => database.dispose())
  const env = {
    SKEIN_NAME: 'one',
    SKEIN_PORT: '0',
    DATABASE_URL: database.url,
    SKEIN_AUTO_MIGRATE: 'true',
    SKEIN_JWT_SECRET: 'a-secret-of-more-than-32-characters-x',
  }
  const { PATH = '' } = process.env
  const first = spawn(process.execPath, [MAIN, 'node'], {
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  first.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await expect.poll(() => said, { timeout: 20_000 }).toContain('"listening"')
  const twin = await node(['node'], env)
  expect(twin).toMatchObject({
    code: 78,
    err: expect.stringContaining('The name one is held by a living node') as string,
  })
  const stranger = await node(['node'], { ...env, SKEIN_NAME: 'two', SKEIN_CLUSTER_SECRET: 's'.repeat(40) })
  expect(stranger).toMatchObject({
    code: 78,
    err: expect.stringContaining('another cluster secret') as string,
  })
  for (const { err } of [twin, stranger]) expect(err.trim().split('\n')).toHaveLength(1)
  first.kill('SIGTERM')
  expect((await once(first, 'exit'))[0]).toBe(0)
})

/** Writes the address of every module that is loaded to stderr. */
const TELL_MODULES = `export function load(url, context, next) {
  process._rawDebug(url)
  return next(url, context)
}`

test('a node loads nothing that only other commands need: it is ready soon', async () => {
  const asModule = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`
  const register = `import { register } from 'node:module'; register(${JSON.stringify(asModule(TELL_MODULES))})`
  const { code, err } = await node(['node', '--help'], { NODE_OPTIONS: `--import=${asModule(register)}` })
  expect(code).toBe(0)
  expect(err).toContain('packages/server/dist/serve/serve-node.js')
  for (const unused of [
    'packages/testkit/',
    'packages/edge/',
    'packages/sdk/',
    'packages/embedded-postgres/',
    '@redis/client',
    '@fastify/static',
  ])
    expect(err).not.toContain(unused)
})

test('unknown flags and commands are wrong usage', async () => {
  expect((await node(['node', '--colour', 'red'], {})).code).toBe(2)
  expect((await node(['fly'], {})).code).toBe(2)
  expect((await node(['--help'], {})).code).toBe(0)
})
