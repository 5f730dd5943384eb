import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freshReport, REPORT_FRESH_MS } from './fresh-report.ts'
import { nodeVersion } from './identity.ts'
import { LOAD } from './manual-cluster.ts'
import { readRecord, type NodeRecord } from './node-record.ts'
import { planNodesOf, targetsFor } from './plan-node.ts'
import { EMPTY_VIEW, type Member } from './view.ts'

const RECORD: NodeRecord = {
  id: 'a.1',
  name: 'a',
  zone: 'z',
  region: 'eu',
  version: nodeVersion('0.1.0'),
  address: 'ws://a',
  internalAddress: 'http://a',
  state: 'ready',
  reason: 'serving',
  sinceMs: 7,
  weight: 2,
  guards: [{ name: 'admission', kind: 'admission', state: 'acting', reason: 'slow', used: 3, refused: 9 }],
  load: { ...LOAD, sessions: 12, headroom: 88, scarcest: 'sessions' },
  signature: 's',
}

/** As it stands in a registry. */
const written = (record: object): unknown => JSON.parse(JSON.stringify(record))

const withLoad = (change: object): NodeRecord | undefined =>
  readRecord(written({ ...RECORD, load: { ...RECORD.load, ...change } }))

const member = (part: Partial<NodeRecord> = {}, heardAtMs = 0): Member => ({
  record: { ...RECORD, ...part },
  epoch: 1,
  heardAtMs,
  missed: 0,
})

describe('a report that is impossible is no report', () => {
  test('what a node can report is read as it was written', () => {
    expect(readRecord(written(RECORD))).toEqual(RECORD)
  })

  test.each([
    ['a headroom above 100', { headroom: 101 }],
    ['a headroom below 0', { headroom: -1 }],
    ['no headroom', { headroom: undefined }],
    ['what is not a number', { cpu: Number.NaN }],
    ['without end', { loopLagP99Ms: Infinity }],
    ['more cores than machines have', { cpu: 5_000 }],
    ['a negative rate', { acceptedPerSecond: -0.1 }],
    ['half a session', { sessions: 1.5 }],
    ['a negative wait', { queueWaitMs: -3 }],
    ['a probe that comes back tomorrow', { probeOkAgeMs: -86_400_000 }],
    ['more bytes than can be counted', { rssBytes: 1e300 }],
    ['a round trip that ends before it began', { busLagMs: -1 }],
    ['words', { sessions: 'many' }],
    ['a path of another kind', { path: 'scenic' }],
  ])('%s: the node is known, its report is not', (_what, change) => {
    expect(withLoad(change)).toEqual({ ...RECORD, load: null })
  })

  test('a figure that is negative or no number refuses the report, whichever it is', () => {
    const figures = Object.entries(LOAD).filter(
      ([key, value]) => typeof value === 'number' && key !== 'busLagMs',
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...figures.map(([key]) => key)),
        fc.oneof(fc.double({ max: -1e-9, noNaN: true }), fc.constantFrom(Number.NaN, Infinity, 'x', [], {})),
        (key, nonsense) => {
          expect(withLoad({ [key]: nonsense })?.load).toBe(null)
        },
      ),
    )
  })

  test('an older node does not say all: what it says counts', () => {
    const { acceptLimitPerSecond: _limit, busLagMs: _lag, path: _path, scarcest: _scarcest, ...older } = LOAD
    const { weight: _weight, guards: _guards, ...record } = RECORD
    const read = readRecord(written({ ...record, load: older }))
    expect(read).toMatchObject({
      weight: 1,
      guards: [],
      load: { ...older, busLagMs: null, path: 'working', scarcest: null },
    })
  })

  test.each([0, -3, 1e9, Number.NaN, 'heavy', null])('a weight of %s is one of 1', (weight) => {
    expect(readRecord(written({ ...RECORD, weight }))).toEqual({ ...RECORD, weight: 1 })
  })
})

test('guards that cannot be read are none, and a long reason is cut', () => {
  const told = (guards: unknown) => readRecord(written({ ...RECORD, guards }))?.guards
  const [guard] = RECORD.guards
  for (const nonsense of [
    3,
    [{ name: 'x' }],
    [{ ...guard, state: 'angry' }],
    Array.from({ length: 33 }, () => guard),
  ])
    expect(told(nonsense)).toEqual([])
  expect(told([{ ...guard, reason: 'r'.repeat(5_000) }])).toMatchObject([{ reason: 'r'.repeat(300) }])
})

describe('a report counts while it is fresh', () => {
  test('for three seconds, and never from the future', () => {
    const counts = [0, REPORT_FRESH_MS, REPORT_FRESH_MS + 1, -1].map(
      (ageMs) => freshReport(member({}, 10_000), 10_000 + ageMs)?.headroom,
    )
    expect(counts).toEqual([88, 88, undefined, undefined])
    expect(freshReport(member({ load: null }, 10_000), 10_000)).toBeUndefined()
  })

  test('nobody is sent to a node without a possible report, and a stale one attracts nobody', () => {
    const view = {
      ...EMPTY_VIEW,
      members: new Map([
        ['a.1', member({}, 10_000)],
        ['b.1', member({ id: 'b.1', load: null }, 10_000)],
        ['c.1', member({ id: 'c.1' }, 6_500)],
      ]),
    }
    const plan = planNodesOf(view, 10_000)
    expect(targetsFor(plan, 'x').map(({ id, headroom, weight }) => [id, headroom, weight])).toEqual([
      ['a.1', 88, 2],
      ['c.1', 0, 2],
    ])
  })
})
