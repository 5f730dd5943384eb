import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { DesiredServer } from '../driver/driver.ts'
import type { ProxyOptionsInput } from '../driver/proxy-options.ts'
import { desiredServer } from '../testing/desired-server.ts'
import { fakeNode, type FakeNode } from '../testing/fake-node.ts'
import { until } from '../testing/haproxy-bed.ts'
import { nginxBed, type NginxBed } from '../testing/nginx-bed.ts'
import { openWebSocket } from '../testing/raw-websocket.ts'
import { realRuntime } from '../testing/real-runtime.ts'

const HOST = '127.0.0.1'
const CONNECT = '/v1/connect'
/** A node that failed is not asked for so long (`fail_timeout`). */
const PASSED_OVER_MS = 2_100
const runtime = realRuntime()
const undo: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function bed(given: Omit<ProxyOptionsInput, 'listen'> = {}): Promise<NginxBed> {
  const made = await nginxBed(given)
  undo.push(async () => made[Symbol.asyncDispose]())
  return made
}

async function nodes(...names: readonly string[]): Promise<readonly FakeNode[]> {
  const started = await Promise.all(names.map((name) => fakeNode(name)))
  undo.push(() => Promise.all(started.map((node) => node[Symbol.asyncDispose]())))
  return started
}

const end = async (...gone: readonly (FakeNode | undefined)[]): Promise<void> => {
  for (const node of gone) await node?.[Symbol.asyncDispose]()
}

const later = (waitMs: number): Promise<void> =>
  new Promise((resolve) => void runtime.timers.after(waitMs, resolve))

interface Heard {
  readonly status: number
  readonly retryAfter: string | undefined
  /** Who answered, when it was a node. */
  readonly node: string
}

interface Said {
  readonly path?: string
  readonly forwardedFor?: string
  readonly body?: string
  readonly headers?: Record<string, string>
}

function ask(port: number, { path = CONNECT, forwardedFor, body, headers = {} }: Said = {}): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const from = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
    const options = { host: HOST, port, path, agent: false, headers: { ...headers, ...from } }
    const asked = request({ ...options, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      let text = ''
      response.on('data', (part: Buffer) => (text += part.toString()))
      response.on('end', () => {
        const status = response.statusCode ?? 0
        resolve({ status, retryAfter: response.headers['retry-after'], node: status === 200 ? text : 'none' })
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

const nodeOf = async (port: number, said: Said = {}): Promise<string> => (await ask(port, said)).node

async function tally(port: number, times: number, said: Said = {}): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let time = 0; time < times; time += 1) {
    const node = await nodeOf(port, said)
    counts[node] = (counts[node] ?? 0) + 1
  }
  return counts
}

/** As a client or a proxy may write it; the head of the answer. */
async function handshake(port: number, head: readonly string[], before = ''): Promise<string> {
  const socket = connect(port, HOST)
  undo.push(async () => socket.destroy())
  const upgrade = ['Host: x', 'Upgrade: websocket', 'Connection: Upgrade', '', '']
  socket.write(before + [`GET ${CONNECT} HTTP/1.1`, ...head, ...upgrade].join('\r\n'))
  return String((await once(socket, 'data'))[0])
}

const weighing = (node: FakeNode | undefined, weight: number): DesiredServer =>
  node?.desired({ weight }) ?? desiredServer({ name: 'none' })

const forwardedTo = (node: FakeNode | undefined): unknown => node?.lastRequest()?.headers['x-forwarded-for']

test('new clients follow the weights, and new weights', async () => {
  const { port, driver } = await bed()
  const [a, b] = await nodes('a', 'b')
  await driver.apply([weighing(a, 192), weighing(b, 64)])
  expect(await tally(port, 40)).toEqual({ a: 30, b: 10 })
  await later(100)
  await driver.apply([weighing(a, 64), weighing(b, 192)])
  expect(await tally(port, 40)).toEqual({ a: 10, b: 30 })
})

test('what nginx -t refuses is not put in place; the old one serves on, and the reason is told', async () => {
  const { port, dir, driver, events } = await bed()
  const [a] = await nodes('a')
  await driver.apply([weighing(a, 1)])
  const before = await readFile(join(dir, 'upstream.conf'), 'utf8')
  await driver.apply([weighing(a, 1), desiredServer({ name: 'b', host: 'a..b' })])
  expect(events.at(-1)).toMatchObject({ kind: 'trouble' })
  expect(events.at(-1)?.text).toMatch(/old one stays: .*host not found in upstream "a\.\.b/)
  expect(await readFile(join(dir, 'upstream.conf'), 'utf8')).toBe(before)
  expect(await nodeOf(port)).toBe('a')
})

test('a reload keeps WebSockets, also those to a draining node, until worker_shutdown_timeout', async () => {
  const { port, driver, events } = await bed()
  const [a, b] = await nodes('a', 'b')
  await driver.apply([weighing(a, 256)])
  const tunnel = await openWebSocket(port)
  expect(tunnel.node).toBe('a')
  const reloadedAtMs = runtime.clock.monotonicMs()
  await driver.apply([{ ...weighing(a, 0), state: 'drain' }, weighing(b, 256)])
  expect(events.at(-1)?.text).toBe('reloaded (membership)')
  expect(await tally(port, 10)).toEqual({ b: 10 })
  expect(await nodeOf(port, { path: `${CONNECT}?node=a` })).toBe('b')
  expect(await tunnel.echo('still here')).toBe('still here')
  await until('the old worker is gone', () => tunnel.closed())
  const keptMs = runtime.clock.monotonicMs() - reloadedAtMs
  expect(keptMs).toBeGreaterThan(1_500)
})

test('a client that was told to go to a node gets there, unless that node is dead or unknown', async () => {
  const { port, driver } = await bed()
  const [a, b, odd] = await nodes('node-a', 'NODE-A', 'n 2.x')
  await driver.apply([weighing(a, 256), weighing(b, 1), weighing(odd, 1)])
  expect(await tally(port, 5, { path: `${CONNECT}?app=x&node=NODE-A` })).toEqual({ 'NODE-A': 5 })
  expect(await nodeOf(port, { path: `${CONNECT}?node=n%202.x` })).toBe('n 2.x')
  expect((await openWebSocket(port, `${CONNECT}?node=NODE-A`)).node).toBe('NODE-A')
  expect(await tally(port, 3, { path: `${CONNECT}?node=n%202yx` })).toEqual({ 'node-a': 3 })
  await end(b)
  expect(await nodeOf(port, { path: `${CONNECT}?node=NODE-A` })).toBe('node-a')
})

test('ip_hash and nodes see the real client of a trusted proxy, and never what a stranger claims', async () => {
  const [a, b] = await nodes('a', 'b')
  const places = async (trusted: string[]): Promise<readonly string[]> => {
    const { port, driver } = await bed({ strategy: 'client-ip-hash', trusted })
    await driver.apply([weighing(a, 256), weighing(b, 256)])
    const seen: string[] = []
    for (const client of ['203.0.0.7', '203.0.0.200', '203.0.1.7', '203.0.2.7']) {
      const node = await nodeOf(port, { forwardedFor: client })
      const told = forwardedTo(node === 'a' ? a : b)
      seen.push(`${node} ${told === client ? 'knows' : String(told)}`)
    }
    return seen
  }
  const [first, neighbour, ...others] = await places([HOST])
  expect(neighbour).toBe(first)
  expect(new Set([first, ...others])).toEqual(new Set(['a knows', 'b knows']))
  const claimed = new Set(await places([]))
  expect([...claimed]).toEqual([expect.stringMatching(/^[ab] 127\.0\.0\.1$/)])
})

test('a PROXY protocol header is believed from trusted addresses only', async () => {
  const [a] = await nodes('a')
  const header = 'PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n'
  const told = async (trusted: string[]): Promise<unknown> => {
    const { port, driver } = await bed({ acceptProxyProtocol: true, trusted })
    await driver.apply([weighing(a, 1)])
    expect(await handshake(port, [], header)).toContain('101')
    return forwardedTo(a)
  }
  expect(await told([HOST])).toBe('203.0.113.9')
  expect(await told(['192.0.2.1'])).toBe(HOST)
})

test.each(['weighted-least-connections', 'power-of-two', 'consistent-hash'] as const)(
  '%s: nodes of another zone get clients only when no near one takes any',
  async (strategy) => {
    const { port, driver } = await bed({ strategy })
    const [near, far] = await nodes('near', 'far')
    await driver.apply([weighing(near, 1), { ...weighing(far, 256), backup: true }])
    expect(await tally(port, 10)).toEqual({ near: 10 })
    await end(near)
    expect(await tally(port, 4)).toEqual({ far: 4 })
  },
)

test('limits count per client, and not this machine', async () => {
  const limits = { maxPerAddress: 1, bodyBytes: 1_024, headerBytes: 4_096, connectsPerSecondPerAddress: 2 }
  const { port, driver } = await bed({ trusted: [HOST], limits })
  const [a] = await nodes('a')
  await driver.apply([weighing(a, 1)])
  await handshake(port, ['X-Forwarded-For: 203.0.113.7'])
  expect((await ask(port, { path: '/v1/other', forwardedFor: '203.0.113.7' })).status).toBe(429)
  expect((await ask(port, { path: '/v1/other', forwardedFor: '203.0.113.8' })).status).toBe(200)
  const knocks = await Promise.all(
    Array.from({ length: 8 }, () => ask(port, { forwardedFor: '203.0.113.9' })),
  )
  expect(knocks.some(({ status }) => status === 429)).toBe(true)
  expect(await tally(port, 8)).toEqual({ a: 8 })
  expect((await ask(port, { body: 'x'.repeat(2_000) })).status).toBe(413)
  expect((await ask(port, { headers: { long: 'x'.repeat(5_000) } })).status).toBe(400)
})

test('a request that may have had effects is not said twice; a handshake is', async () => {
  const { port, driver } = await bed()
  const [well] = await nodes('well')
  const broken = createServer((request, response) => {
    request.resume().on('end', () => response.destroy())
  }).listen(0, HOST)
  await once(broken, 'listening')
  undo.push(async () => broken.close())
  const { port: brokenPort } = broken.address() as AddressInfo
  const first = desiredServer({ name: 'broken', port: brokenPort })
  await driver.apply([first, { ...weighing(well, 1), backup: true }])
  expect((await ask(port, { path: '/v1/messages', body: 'hello' })).status).toBe(502)
  expect(well?.lastRequest()).toBeUndefined()
  await later(PASSED_OVER_MS)
  expect(await nodeOf(port)).toBe('well')
})

test('when nobody takes a client it is told when to come again', async () => {
  const { port, driver } = await bed()
  const [gone] = await nodes('gone')
  await driver.apply([weighing(gone, 1)])
  await end(gone)
  expect(await ask(port)).toEqual({ status: 503, retryAfter: '1', node: 'none' })
})

test('NGINX that was killed is started again, over what it left behind', async () => {
  const { port, driver, pid } = await bed()
  const [a] = await nodes('a')
  await driver.apply([weighing(a, 1)])
  const master = await pid()
  const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8')
  for (const one of [master, ...children.trim().split(' ').map(Number)]) process.kill(one, 'SIGKILL')
  await until('nobody listens', () =>
    ask(port).then(
      () => false,
      () => true,
    ),
  )
  await driver.apply([weighing(a, 1)])
  expect(await nodeOf(port)).toBe('a')
  expect(await pid()).not.toBe(master)
})

test.each(['power-of-two', 'consistent-hash', 'weighted-least-connections'] as const)(
  'three hundred nodes fit: %s',
  async (strategy) => {
    const { driver, events } = await bed({ strategy })
    const many = Array.from({ length: 300 }, (_, index) =>
      desiredServer({ name: `node-${index}`, host: `10.1.${index % 200}.9`, weight: 256 - (index % 200) }),
    )
    await driver.apply(many)
    expect(events.map(({ text }) => text)).toEqual(['started'])
  },
)
