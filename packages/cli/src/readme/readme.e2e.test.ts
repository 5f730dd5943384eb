import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Client, createClient } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const MAIN = join(ROOT, 'packages/cli/dist/main.js')
const README_ADDRESS = '127.0.0.1:7777'

const run = promisify(execFile)
let folder: string
let snippets: string
let up: ChildProcess
let address: string
let grace: Client
const heard: unknown[] = []

/** The n-th code block of the README whose first line begins with this fence. */
async function snippet(file: 'README.md' | 'README.zh-CN.md', fence: string): Promise<string> {
  const readme = await readFile(join(ROOT, file), 'utf8')
  const found = readme.split(`\`\`\`${fence}\n`)[1]?.split('\n```')[0]
  if (found === undefined) throw new Error(`${file} has no \`\`\`${fence}`)
  return found.replaceAll(README_ADDRESS, address)
}

const signIn = async (user: string): Promise<string> => {
  const response = await fetch(`http://${address}/demo/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  })
  return ((await response.json()) as { token: string }).token
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-readme-'))
  // Inside the repository, so that its packages are found the way a user's are.
  snippets = join(ROOT, 'node_modules/.cache/skein-readme')
  await mkdir(snippets, { recursive: true })
  up = spawn(process.execPath, [MAIN, 'up', '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  address = await new Promise<string>((resolve, reject) => {
    let out = ''
    up.stdout?.on('data', (data: Buffer) => {
      out += data.toString()
      const found = /Chat +http:\/\/(\S+)/.exec(out)?.[1]
      if (found !== undefined) resolve(found)
    })
    up.once('exit', () => reject(new Error(`skein up ended: ${out}`)))
  })
  const url = `ws://${address}/v1/connect`
  grace = createClient({
    url,
    user: 'grace',
    token: () => signIn('grace'),
    transport: nodeTransport(WebSocket),
  })
  grace.on('event', ({ event }) => heard.push(event.body['text']))
})

afterAll(async () => {
  await grace?.stop()
  up?.kill('SIGINT')
  if (up?.exitCode === null) await once(up, 'exit')
  await rm(folder, { recursive: true, force: true })
})

describe('the README', () => {
  it.each([
    ['README.md', 'ts file=browser'],
    ['README.zh-CN.md', 'ts'],
  ] as const)('%s: the ten lines chat', async (file, fence) => {
    heard.length = 0
    const page = `
      import { WebSocket } from 'ws'
      globalThis.WebSocket = WebSocket
      const platformFetch = globalThis.fetch
      globalThis.fetch = (path, init) => platformFetch(new URL(path, 'http://${address}'), init)
    `
    await writeFile(join(snippets, 'page.mjs'), page)
    // A page lives on; this one ends when its message has come back to it.
    const code = `import './page.mjs'\n${await snippet(file, fence)}\nclient.on('event', () => void client.stop())\n`
    await writeFile(join(snippets, 'browser.mjs'), code)
    const { stdout } = await run(process.execPath, [join(snippets, 'browser.mjs')], { timeout: 30_000 })
    expect(stdout).toContain('ada')
    await expect.poll(() => heard, { timeout: 10_000 }).toContain('Hello from Skein')
  })

  it('the lines for Node send and wait until the message is durable', async () => {
    await writeFile(join(snippets, 'node.mjs'), await snippet('README.md', 'ts file=node'))
    const env = { ...process.env, TOKEN: await signIn('ada') }
    const { stdout } = await run(process.execPath, [join(snippets, 'node.mjs')], {
      cwd: folder,
      env,
      timeout: 30_000,
    })
    expect(stdout).toMatch(/durable at .*seq/)
    await expect.poll(() => heard, { timeout: 10_000 }).toContain('Hello from Node')
  })

  it('the call for a token answers with one', async () => {
    const secrets = JSON.parse(await readFile(join(folder, '.skein/secrets.json'), 'utf8')) as {
      apiKey: string
    }
    const env = { ...process.env, SKEIN_API_KEY: secrets.apiKey }
    const { stdout } = await run('sh', ['-c', await snippet('README.md', 'sh')], { env, timeout: 30_000 })
    expect(JSON.parse(stdout)).toMatchObject({ token: expect.stringMatching(/^ey/) as string })
  })

  it('the two commands that show the cluster, the same in both languages', async () => {
    const commands = (await snippet('README.md', 'bash')).replaceAll(/ *#.*$/gm, '')
    expect((await snippet('README.zh-CN.md', 'bash')).replaceAll(/ *#.*$/gm, '')).toBe(commands)
    const script = commands.replaceAll('npx skein', `"${process.execPath}" "${MAIN}"`)
    const { stdout } = await run('sh', ['-c', script], { cwd: folder, timeout: 30_000 })
    expect(stdout).toMatch(/node-3 \*? *ready/)
    expect(stdout).toMatch(/node-2 drains within \d+ s/)
  })
})
