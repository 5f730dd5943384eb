import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClusterStatus } from '@skein/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { skeinHere } from '../testing/skein-here.ts'
import { clusterStatus, nodeStatus } from './sample-status.ts'

const KEY = 'o'.repeat(40)

/** A cluster that says what the test wants it to. */
interface FakeCluster {
  readonly url: string
  readonly orders: { readonly node: string | undefined; readonly body: unknown }[]
  /** One after the other; the last one again and again. */
  answers: ClusterStatus[]
  drain: { readonly status: number; readonly body: object }
}

let data: string
let server: Server
let cluster: FakeCluster

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'skein-operator-'))
  for (const name of ['SKEIN_URL', 'SKEIN_OPERATOR_KEY']) vi.stubEnv(name, undefined)
  server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const answer = (status: number, body: object): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      }
      if (request.headers.authorization !== `Bearer ${KEY}`) return answer(401, { title: 'Unauthorized' })
      if (request.method === 'GET') {
        const [status = clusterStatus(), ...rest] = cluster.answers
        if (rest.length > 0) cluster.answers = rest
        return answer(200, status)
      }
      const node = /^\/v1\/cluster\/nodes\/([^/]+)\/drain$/.exec(request.url ?? '')?.[1]
      cluster.orders.push({ node, body: JSON.parse(text) as unknown })
      return answer(cluster.drain.status, cluster.drain.body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  cluster = {
    url: `http://127.0.0.1:${port}`,
    orders: [],
    answers: [clusterStatus()],
    drain: { status: 202, body: { node: 'node-2', windowMs: 30_000 } },
  }
})

afterEach(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  rmSync(data, { recursive: true })
})

const skein = (...args: readonly string[]) => skeinHere([...args, '--data', data])

/** What a running skein up leaves beside its data. */
function up(operatorKey = KEY): void {
  writeFileSync(join(data, 'run.json'), JSON.stringify({ pid: 1, url: cluster.url }))
  writeFileSync(
    join(data, 'secrets.json'),
    JSON.stringify({ jwtSecret: 'j', apiKey: 'a', operatorKey, clusterSecret: 'c' }),
  )
}

test('status finds the skein up of the data, whatever key the environment has for others', async () => {
  up()
  vi.stubEnv('SKEIN_OPERATOR_KEY', 'x'.repeat(40))
  const { code, out } = await skein('status')
  expect(code).toBe(EXIT.ok)
  expect(out).toContain('node-1 answers: ready')
  expect(out.split('\n')).toHaveLength(11)
})

test('status goes where it is told, with the key of the environment', async () => {
  vi.stubEnv('SKEIN_OPERATOR_KEY', KEY)
  const { code, out } = await skein('status', '--json', '--url', cluster.url)
  expect(code).toBe(EXIT.ok)
  expect(JSON.parse(out)).toEqual(clusterStatus())
  vi.stubEnv('SKEIN_URL', cluster.url)
  expect((await skein('status')).code).toBe(EXIT.ok)
})

test('status ends with 1 when something is wrong, and says what', async () => {
  up()
  const reasons = ['Probes by the bus do not come back.']
  cluster.answers = [clusterStatus({ health: { live: true, ready: false, degraded: false, reasons } })]
  const { code, out } = await skein('status')
  expect([code, out.includes(reasons[0] ?? '')]).toEqual([EXIT.failed, true])
})

test('each way of getting no answer has its code and says what to do', async () => {
  expect(await skein('status')).toMatchObject({
    code: EXIT.unavailable,
    err: expect.stringContaining('skein up'),
  })
  up('w'.repeat(40))
  expect(await skein('status')).toMatchObject({
    code: EXIT.config,
    err: expect.stringContaining('SKEIN_OPERATOR_KEY'),
  })
  expect((await skein('status', '--url', 'nonsense')).code).toBe(EXIT.usage)
  server.close()
  server.closeAllConnections()
  expect((await skein('status')).code).toBe(EXIT.unavailable)
})

test('drain says how long it takes, and passes on what it is told', async () => {
  up()
  const { code, out } = await skein('drain', 'node-2', '--window', '30', '--force')
  expect([code, out]).toEqual([EXIT.ok, 'node-2 drains within 30 s (12 sessions).'])
  expect(cluster.orders).toEqual([{ node: 'node-2', body: { force: true, windowMs: 30_000 } }])
})

test('drain --wait stays until that process has gone', async () => {
  up()
  const nodes = [nodeStatus('node-1'), nodeStatus('node-2', { state: 'draining' })]
  const again = [nodeStatus('node-1'), nodeStatus('node-2', { id: 'node-2.secondid', state: 'joining' })]
  cluster.answers = [clusterStatus(), clusterStatus({ nodes }), clusterStatus({ nodes: again })]
  const { code, out } = await skein('drain', 'node-2', '--wait')
  expect([code, out.split('\n').at(-1)]).toEqual([EXIT.ok, '✓ node-2 has gone.'])
})

test('a node that has just come, and is not in sight yet, can be drained', async () => {
  up()
  cluster.answers = [clusterStatus({ nodes: [nodeStatus('node-1')] }), clusterStatus()]
  const { code, out } = await skein('drain', 'node-2')
  expect([code, out]).toEqual([EXIT.ok, 'node-2 drains within 30 s (12 sessions).'])
})

test('drain --wait tells when the node went back to work', async () => {
  up()
  const nodes = [nodeStatus('node-2', { state: 'draining' })]
  cluster.answers = [clusterStatus(), clusterStatus({ nodes }), clusterStatus()]
  const { code, err } = await skein('drain', 'node-2', '--wait')
  expect([code, err.includes('back at work')]).toEqual([EXIT.failed, true])
})

test.each([
  [404, EXIT.usage],
  [409, EXIT.failed],
  [503, EXIT.unavailable],
])('a drain that is refused with %i ends with %i and the words of the node', async (status, exitCode) => {
  up()
  cluster.drain = { status, body: { title: 'Refused', detail: 'It is the last one.' } }
  expect(await skein('drain', 'node-9')).toEqual({
    code: exitCode,
    out: '',
    err: 'skein: It is the last one.',
  })
})
