import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { temporaryPostgres, type TemporaryPostgres } from '@skein/embedded-postgres'
import { createClient } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import {
  DispatchSigner,
  mintToken,
  readNodeConfig,
  serveNode,
  silentLogger,
  type ServedNode,
} from '@skein/server'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../cluster-bed/free-port.ts'

const SECRET = 'a-secret-of-more-than-32-characters-x'
const WAIT = { timeout: 15_000 }
const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url))
const { publicKey } = DispatchSigner.of({ clusterSecret: SECRET })

let database: TemporaryPostgres
const nodes: ServedNode[] = []

beforeAll(async () => {
  database = await temporaryPostgres()
  for (const name of ['one', 'two']) {
    const port = await freePort()
    const env = {
      SKEIN_NAME: name,
      SKEIN_PORT: String(port),
      SKEIN_CLIENT_URL: `ws://127.0.0.1:${port}`,
      SKEIN_DATABASE_URL: database.url,
      SKEIN_AUTO_MIGRATE: 'true',
      SKEIN_JWT_SECRET: SECRET,
      SKEIN_CLUSTER_SECRET: SECRET,
      SKEIN_DISPATCH_TTL_MS: '1000',
    }
    nodes.push(await serveNode(readNodeConfig({ flags: {}, env }), { logger: silentLogger }))
  }
})

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop(500, 'atOnce')))
  await database.dispose()
})

const tokenOf = async (user: string): Promise<string> =>
  (await mintToken({ secret: SECRET, app: 'demo', user, ttlSeconds: 600 }, { now: () => Date.now() })).token

const listUrls = () => nodes.map(({ url }) => `${url}/v1/dispatch`)

test('a forged mirror beside real nodes: the client goes to a node, and to the other when that one is gone', async () => {
  const forged = DispatchSigner.of({ clusterSecret: 'x'.repeat(40) })
  const mirror: Server = createServer((_request, response) => {
    const endpoints = [{ id: 'evil', url: 'ws://127.0.0.1:1/v1/connect', zone: '', region: '', weight: 1 }]
    response.end(forged.sign({ v: 1, issuedAt: Date.now(), ttlMs: 60_000, staleMs: 0, endpoints }))
  })
  await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void mirror.close())
  const { port } = mirror.address() as AddressInfo
  // Both are in the list as soon as they see each other.
  await expect
    .poll(async () => {
      const text = await (await fetch(listUrls()[0] ?? '')).text()
      const payload = Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()
      return (JSON.parse(payload) as { endpoints: unknown[] }).endpoints.length
    }, WAIT)
    .toBe(2)

  const warnings: string[] = []
  const client = createClient({
    dispatch: { urls: [`http://127.0.0.1:${port}`, ...listUrls()], keys: [publicKey] },
    user: 'ada',
    token: await tokenOf('ada'),
    transport: await nodeTransport(),
  })
  onTestFinished(() => client.stop())
  client.on('warning', ({ code, message }) => warnings.push(`${code} ${message}`))
  await expect.poll(() => client.connection.state, WAIT).toBe('online')
  for (const warning of warnings) expect(warning).toContain('which is none of dispatch.keys')

  const served = client.connection.state === 'online' ? client.connection.node : undefined
  const index = served === 'two' ? 1 : 0
  await nodes[index]?.stop(0, 'atOnce')
  await expect
    .poll(
      () => (client.connection.state === 'online' ? client.connection.node : client.connection.state),
      WAIT,
    )
    .toBe(index === 0 ? 'two' : 'one')
  nodes.splice(index, 1)
})

test('the snippet of docs/dispatch.md connects', async () => {
  const guide = await readFile(`${ROOT}docs/dispatch.md`, 'utf8')
  const snippet = guide.split('```js\n')[1]?.split('\n```')[0]
  if (snippet === undefined) throw new Error('the guide has no ```js')
  const [url = ''] = listUrls()
  const mine = snippet
    .replace('https://chat.example.com/v1/dispatch', url)
    .replace('https://cdn.example.com/dispatch.jws', url)
    .replace('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', publicKey)
    .replace("user: 'ada',", "user: 'ada', transport,")
  // Outside of node_modules, so that it is resolved to the sources like this test.
  const folder = `${ROOT}packages/testkit/dist/snippets`
  await mkdir(folder, { recursive: true })
  onTestFinished(() => rm(folder, { recursive: true }))
  const head = `import { nodeTransport } from '@skein/sdk/node'
const transport = await nodeTransport()
const fetchToken = () => '${await tokenOf('ada')}'
`
  await writeFile(`${folder}/snippet.mjs`, `${head}${mine}\nexport { client }\n`)
  const { client } = (await import(`${folder}/snippet.mjs`)) as { client: ReturnType<typeof createClient> }
  onTestFinished(() => client.stop())
  await expect.poll(() => client.connection.state, WAIT).toBe('online')
})
