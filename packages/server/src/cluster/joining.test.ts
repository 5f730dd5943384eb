import { LIMITS } from '@skein/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certainSkewMs, clockIsOff, compatible, joinRefusal, refusalOf } from './joining.ts'
import { nodeVersion, signIdentity } from './identity.ts'
import type { NodeIdentity, NodeRecord, NodeVersion } from './node-record.ts'
import type { Listing } from './registry.ts'

const SECRET = 'secret'
const VERSION = nodeVersion('0.1.0')
const CLOCK = { askedAtMs: 1_000, answeredAtMs: 1_010, registryMs: 1_005 }

const identity = (name: string, version: NodeVersion = VERSION): NodeIdentity => ({
  id: `${name}.1`,
  name,
  zone: 'z',
  region: 'eu',
  version,
  address: 'ws://x',
  internalAddress: 'http://x',
})

const load: NodeRecord['load'] = {
  sessions: 0,
  maxSessions: 1,
  acceptedPerSecond: 0,
  acceptLimitPerSecond: 1_000,
  messagesPerSecond: 0,
  loopLagP99Ms: 0,
  cpu: 0,
  rssBytes: 0,
  rssLimitBytes: 0,
  queueWaitMs: 0,
  busLagMs: 2,
  path: 'working',
  probeOkAgeMs: null,
  headroom: 100,
  scarcest: null,
}

function listing(
  ...nodes: readonly { readonly identity: NodeIdentity; readonly secret?: string }[]
): Listing {
  return {
    nowMs: 1_005,
    unreadable: [],
    nodes: nodes.map((node) => ({
      record: {
        ...node.identity,
        state: 'ready',
        reason: '',
        sinceMs: 0,
        weight: 1,
        guards: [],
        load,
        signature: signIdentity(node.secret ?? SECRET, node.identity),
      },
      epoch: 1,
      leaseLeftMs: 2_000,
    })),
  }
}

describe('the clock', () => {
  test('is held off only for what the round trip does not explain', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.nat(5_000),
        fc.integer({ min: -200_000, max: 200_000 }),
        (at, trip, skew) => {
          const reading = { askedAtMs: at, answeredAtMs: at + trip, registryMs: at + trip / 2 - skew }
          expect(certainSkewMs(reading)).toBe(Math.max(0, Math.abs(skew) - trip / 2))
        },
      ),
    )
  })

  test('may be off by the bound, and not by more', () => {
    const off = (ms: number) => ({ askedAtMs: 0, answeredAtMs: 0, registryMs: ms })
    for (const sign of [1, -1]) {
      expect(clockIsOff(off(sign * LIMITS.maxSkewMs))).toBe(false)
      expect(clockIsOff(off(sign * (LIMITS.maxSkewMs + 1)))).toBe(true)
    }
  })
})

describe('two versions', () => {
  test.each<[string, Partial<NodeVersion>, boolean]>([
    ['the same', {}, true],
    ['another release and revision', { release: '0.2.0', revision: 9 }, true],
    ['a newer schema that old ones bear', { schema: 9, oldestSchema: 1 }, true],
    ['a schema that left the old one behind', { schema: 99, oldestSchema: 98 }, false],
    ['another protocol', { protocol: 'skein.v2' }, false],
    ['another cluster protocol', { cluster: 2 }, false],
  ])('%s: side by side or not, whichever asks', (_name, change, expected) => {
    const other = { ...VERSION, ...change }
    expect(compatible(VERSION, other)).toBe(expected)
    expect(compatible(other, VERSION)).toBe(expected)
  })
})

describe('joining', () => {
  const question = (list: Listing, clock = CLOCK) => ({
    identity: identity('me'),
    secret: SECRET,
    listing: list,
    clock,
  })

  test('is open to a node that fits', () => {
    expect(joinRefusal(question(listing({ identity: identity('a') })))).toBeUndefined()
    expect(joinRefusal(question(listing()))).toBeUndefined()
  })

  test('is refused beside a node of an incompatible version, which is named', () => {
    const old = identity('old', { ...VERSION, cluster: 7, release: '0.0.9' })
    const refusal = joinRefusal(question(listing({ identity: old })))
    expect(refusal).toMatchObject({ reason: 'incompatibleVersion', remedy: 'fix' })
    expect(refusal?.message).toMatch(/old.*0\.0\.9/)
  })

  test('is not decided by a node that does not know the secret', () => {
    const stranger = identity('stranger', { ...VERSION, cluster: 7 })
    expect(joinRefusal(question(listing({ identity: stranger, secret: 'guessed' })))).toBeUndefined()
  })

  test('is refused with a clock that is off, and says by how much', () => {
    const clock = { ...CLOCK, registryMs: CLOCK.askedAtMs + 90_010 }
    expect(joinRefusal(question(listing(), clock))).toMatchObject({
      reason: 'clockOff',
      message: expect.stringContaining('90 s'),
    })
  })

  test('a refusal by the registry says what to do', () => {
    expect(refusalOf({ kind: 'nameTaken', holder: 'me.2', nowMs: 0 }, identity('me')).message).toMatch(
      /me.2.*another name/,
    )
    expect(refusalOf({ kind: 'wrongSecret', nowMs: 0 }, identity('me')).message).toMatch(/secret/)
  })
})
