import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EXIT } from '../exit-codes.ts'
import { run } from '../run.ts'
import { styleFor } from '../terminal/style.ts'

let said: string[]
const style = styleFor(false, {})
const terminal = {
  out: (line: string) => void said.push(line),
  err: (line: string) => void said.push(line),
  progress: () => undefined,
  style,
  errStyle: style,
}

beforeEach(() => {
  said = []
  for (const name of [
    'SKEIN_OPERATOR_KEY',
    'SKEIN_ZONE',
    'SKEIN_REGION',
    'SKEIN_EDGE_CLUSTER',
    'SKEIN_EDGE_STRATEGY',
  ])
    vi.stubEnv(name, undefined)
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const edge = async (...flags: readonly string[]) => {
  const code = await run(['edge', '--cluster', 'http://127.0.0.1:1', ...flags], terminal)
  return { code, text: said.join('\n') }
}

test('without an operator key it does not start, and says which variable to set', async () => {
  const { code, text } = await edge()
  expect([code, text.includes('SKEIN_OPERATOR_KEY')]).toEqual([EXIT.config, true])
})

test('an unknown strategy is refused with its name and those that there are', async () => {
  const { code, text } = await edge('--strategy', 'fastest')
  expect(code).toBe(EXIT.usage)
  expect(text).toContain("'fastest'")
  expect(text).toContain('power-of-two')
})

test('a zone without a region is half a place', async () => {
  const { code, text } = await edge('--operator-key', 'k', '--zone', 'a')
  expect([code, text.includes('--region')]).toEqual([EXIT.usage, true])
})

test.each([
  ['--listen', '7777'],
  ['--admin', 'here'],
  ['--max-connections', '0'],
  ['--max-per-address', '-1'],
  ['--cluster', 'ws://a'],
  ['--driver', 'apache'],
])('%s %s is refused with its value', async (flag, value) => {
  const { code, text } = await edge('--operator-key', 'k', flag, value)
  expect(code).toBe(EXIT.usage)
  expect(text).toContain(value)
})

test('NGINX needs a directory of its own, and is told what it makes of the strategy', async () => {
  const { code, text } = await edge('--operator-key', 'k', '--driver', 'nginx')
  expect([code, text.includes('--dir')]).toEqual([EXIT.usage, true])
  expect(text).toContain('nginx does power-of-two as "random two least_conn"')
})

const render = (...flags: readonly string[]) =>
  edge('render', 'nginx', '--nodes', 'a=10.0.0.1:7000,b=10.0.0.2:7000', ...flags)

test('a configuration is rendered from flags, and from a file that flags go before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-edge-'))
  const file = join(folder, 'options.json')
  await writeFile(
    file,
    JSON.stringify({
      listen: { host: '0.0.0.0', port: 443 },
      limits: { maxPerAddress: 7, bodyBytes: 2_048 },
    }),
  )
  const { code, text } = await render(
    '--options',
    file,
    '--max-per-address',
    '9',
    '--strategy',
    'round-robin',
  )
  await rm(folder, { recursive: true })
  expect(code).toBe(EXIT.ok)
  for (const part of ['listen 0.0.0.0:443 ', 'limit_conn skein_clients 9;', 'client_max_body_size 2048;'])
    expect(text).toContain(part)
  expect(text).toMatch(/server 10\.0\.0\.2:7000 [^;]*; # b/)
  expect(text).not.toContain('include')
})

test('what a proxy cannot do, or nobody understands, is refused by the name of the option', async () => {
  expect((await render('--proxy-protocol')).text).toContain('proxyProtocol')
  expect((await render('--trusted', 'all')).text).toContain('trusted.0')
})

test('HAProxy needs its socket, and is rendered with the slots, zones and files that were asked for', async () => {
  const none = await edge('--operator-key', 'k', '--driver', 'haproxy')
  expect([none.code, none.text.includes('--socket')]).toEqual([EXIT.usage, true])
  const socket = ['--socket', '/run/haproxy/skein.sock']
  const { code, text } = await edge(
    'render',
    'haproxy',
    ...socket,
    '--slots',
    '8',
    '--zone',
    'a',
    '--region',
    'eu',
  )
  expect(code).toBe(EXIT.ok)
  for (const part of [
    'stats socket /run/haproxy/skein.sock mode 660 level admin expose-fd listeners',
    'server-template slot 1-8 ',
    'backup',
    'touch /run/haproxy/{nodes.map,server-state}',
  ])
    expect(text).toContain(part)
  expect((await edge('render', 'haproxy', '--socket', '/run/a b')).text).toContain('absolute path')
})

test('the file of options in docs/edge.md is one that is understood', async () => {
  const guide = await readFile(new URL('../../../../docs/edge.md', import.meta.url), 'utf8')
  const json = /```json\n(\{[^`]*"nodeTls"[^`]*)```/.exec(guide)?.[1] ?? ''
  const folder = await mkdtemp(join(tmpdir(), 'skein-edge-'))
  await writeFile(join(folder, 'edge.json'), json)
  const { code, text } = await render('--options', join(folder, 'edge.json'))
  await rm(folder, { recursive: true })
  expect(code).toBe(EXIT.ok)
  for (const part of ['least_conn;', 'proxy_ssl_name node.skein;', 'worker_shutdown_timeout 1800s;'])
    expect(text).toContain(part)
})
