import { generateKeyPairSync } from 'node:crypto'
import { LIMITS } from '@skein/protocol'
import { describe, expect, test } from 'vitest'
import { ConfigError } from './config-error.ts'
import { readNodeConfig, type NodeConfig } from './node-config.ts'

const read = (env: Readonly<Record<string, string>>): NodeConfig['dispatch'] =>
  readNodeConfig({
    flags: {},
    env: { SKEIN_JWT_SECRET: 's'.repeat(32), DATABASE_URL: 'postgres://db/skein', ...env },
  }).dispatch

function refusal(env: Readonly<Record<string, string>>): string {
  try {
    read(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
  }
  throw new Error('expected a ConfigError')
}

test('nothing needs to be configured', () => {
  expect(read({})).toEqual({ edges: [], ttlMs: 300_000, staleMs: 604_800_000 })
})

describe('edges', () => {
  test('have a url, and perhaps a zone, a region and a weight, in any order', () => {
    const text = 'wss://chat.example.com;weight=2.5;zone=a;region=eu, ws://10.0.0.1:7777/other?x=1 ;'
    expect(() => read({ SKEIN_EDGES: text })).toThrow('""')
    expect(read({ SKEIN_EDGES: text.replace(/;$/, '') }).edges).toEqual([
      { url: 'wss://chat.example.com/v1/connect', zone: 'a', region: 'eu', weight: 2.5 },
      { url: 'ws://10.0.0.1:7777/other?x=1', zone: '', region: '', weight: 1 },
    ])
  })

  test.each(['0', '-1', 'NaN', 'Infinity', '1e3', '', ' ', '1000001', '1,5', '0x10'])(
    'with the weight "%s" are refused at start, the value named',
    (weight) => {
      const told = refusal({ SKEIN_EDGES: `wss://good.example,wss://a.example;weight=${weight}` })
      expect(told).toContain(weight === '1,5' ? '"5"' : `"${weight.trim()}" of wss://a.example`)
    },
  )

  test.each([
    ['chat.example.com', 'chat.example.com'],
    ['ftp://chat.example.com', 'ftp://chat.example.com'],
    ['wss://chat.example.com/#x', 'wss://chat.example.com/#x'],
    ['wss://a.example;colour=red', '"colour=red"'],
    ['wss://a.example;zone', '"zone"'],
    ['wss://a.example;zone=a b', '"a b"'],
    ['wss://a.example;zone=ä', '"ä"'],
    ['wss://a.example;region=', '""'],
    ['wss://a.example;zone=a;zone=b', 'two parts zone'],
    ['wss://a.example,wss://a.example/v1/connect', 'wss://a.example/v1/connect stands there twice'],
  ])('that make no sense are refused at start: %s', (text, named) => {
    expect(refusal({ SKEIN_EDGES: text })).toContain(named)
  })

  test('with a password are refused without showing it', () => {
    const told = refusal({ SKEIN_EDGES: 'wss://user:hunter2@a.example' })
    expect(told).toContain('user:…@a.example')
    expect(told).not.toContain('hunter2')
  })

  test('are as many as a document holds, and no more', () => {
    const edges = (count: number) => Array.from({ length: count }, (_, i) => `wss://a${i}`).join(',')
    expect(read({ SKEIN_EDGES: edges(LIMITS.dispatchEndpoints) }).edges).toHaveLength(256)
    expect(refusal({ SKEIN_EDGES: edges(LIMITS.dispatchEndpoints + 1) })).toContain('there are 257')
  })
})

test('an unknown strategy and impossible times are refused with the value', () => {
  expect(read({ SKEIN_DISPATCH_STRATEGY: 'peak-ewma' }).strategy).toBe('peak-ewma')
  expect(refusal({ SKEIN_DISPATCH_STRATEGY: 'best' })).toContain('"best"')
  expect(refusal({ SKEIN_DISPATCH_TTL_MS: '999' })).toContain('"999"')
  expect(refusal({ SKEIN_DISPATCH_STALE_MS: '2592000001' })).toContain('"2592000001"')
})

test('a key that is none of Ed25519 is refused, and not shown', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  for (const text of ['hunter2', 'A'.repeat(42), 'A'.repeat(44), other, '-----BEGIN PRIVATE KEY-----']) {
    const told = refusal({ SKEIN_DISPATCH_KEY: text })
    expect(told).toContain('Ed25519')
    expect(told).not.toContain(text)
  }
  expect(read({ SKEIN_DISPATCH_KEY: 'A'.repeat(43) }).key).toBe('A'.repeat(43))
})
