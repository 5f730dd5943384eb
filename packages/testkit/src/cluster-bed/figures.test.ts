import { describe, expect, test } from 'vitest'
import { figuresOf, gaps, pickFigures, quantile, type Run } from './figures.ts'
import type { ConnectionTrace, SessionTrace } from './clients/session-tracer.ts'

const on = (node: string, liveMs: number, endedMs?: number): ConnectionTrace => ({
  url: `ws://${node}`,
  node,
  liveMs,
  ...(endedMs !== undefined && { endedMs }),
})

const session = (
  name: string,
  connections: readonly ConnectionTrace[],
  arrivedMs: readonly number[] = [],
  latencyMs: readonly number[] = arrivedMs.map(() => 5),
): SessionTrace => ({
  session: name,
  bornMs: -1_000,
  connections,
  arrivedMs,
  latencyMs,
  ackedMs: [],
  ackWaitMs: [],
  refusals: [],
})

const run = (given: Partial<Run>): Run => ({
  traces: [],
  faults: [],
  fromMs: 0,
  untilMs: 10_000,
  sends: [],
  violations: [],
  ...given,
})

describe('times without a connection', () => {
  test.each<[string, readonly ConnectionTrace[], readonly number[]]>([
    ['one connection all the time has none', [on('a', -50)], []],
    ['the next one came after the last ended', [on('a', -50, 4_000), on('b', 4_300)], [300]],
    ['make-before-break has none', [on('a', -50, 4_000), on('b', 3_900)], []],
    ['nothing came any more', [on('a', -50, 4_000)], [6_000]],
    ['an attempt that never came to life does not count', [on('a', -50, 4_000), { url: 'ws://b' }], [6_000]],
    ['what was before the talk does not count', [on('a', -900, -500), on('b', -100)], []],
    ['a short one within a long one', [on('a', -50), on('b', 2_000, 3_000)], []],
  ])('%s', (_, connections, expected) => {
    expect(gaps(session('s', connections), 0, 10_000)).toEqual(expected)
  })
})

describe('the time to be served again', () => {
  const faults = [{ what: 'kill', atMs: 1_000, hits: 'a' }]

  test('runs from the fault to the first event on another connection', () => {
    // What arrives at 1,002 was under way when the node died.
    const traces = [session('s', [on('a', -50, 1_010), on('b', 1_100)], [900, 1_002, 1_250, 1_400])]
    expect(figuresOf(run({ traces, faults }))).toMatchObject({
      resumeMsMax: 250,
      maxGapMs: 90,
      disconnects: 1,
    })
  })

  test('of sessions elsewhere is the control', () => {
    const traces = [session('s', [on('b', -50)], [900, 1_040])]
    expect(figuresOf(run({ traces, faults }))).toMatchObject({ resumeMsMax: 0, controlMsP99: 40 })
  })

  test('of one that hears nothing more is the whole rest', () => {
    const traces = [session('s', [on('a', -50, 1_010)], [900])]
    expect(figuresOf(run({ traces, faults })).resumeMsMax).toBe(9_000)
  })

  test('of one that stayed where it was counts from the fault', () => {
    const traces = [session('s', [on('a', -50)], [900, 4_000])]
    expect(figuresOf(run({ traces, faults })).resumeMsMax).toBe(3_000)
  })
})

test('violations and sends are counted by what they mean to people', () => {
  const send = { client: 'c', conversation: 'x', sender: 'u', body: '{}', order: 0, abandoned: false }
  const figures = figuresOf(
    run({
      violations: (['P1', 'P2', 'P3', 'P4'] as const).map((promise) => ({ promise, rule: '', message: '' })),
      sends: [
        { ...send, clientId: '1', acked: true },
        { ...send, clientId: '2', acked: false, failed: 'forbidden' },
        { ...send, clientId: '3', acked: false },
      ],
      traces: [session('s', [on('a', -1)], [1, 2, 3], [10, NaN, 30])],
    }),
  )
  expect(figures).toMatchObject({
    lost: 2,
    duplicates: 1,
    orderViolations: 1,
    sends: 3,
    acknowledged: 1,
    failedSends: 1,
    deliveries: 3,
    deliveryMsMax: 30,
  })
})

test('what a report shows is in the order in which it asks', () => {
  expect(Object.keys(pickFigures(figuresOf(run({})), ['sends', 'lost']))).toEqual(['sends', 'lost'])
})

test('a quantile is a value that was measured', () => {
  const values = [30, 10, 20, 40]
  expect([0, 0.25, 0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([10, 10, 20, 40, 40])
  expect(quantile([], 0.5)).toBe(0)
})

test('who comes while it goes on was not without a connection before, and was hit by nothing', () => {
  const late = { ...session('late', [on('a', 6_000)], [6_500]), bornMs: 5_000 }
  const faults = [{ what: 'all connections are cut', atMs: 4_000, hits: 'all' }]
  const figures = figuresOf(run({ traces: [late], faults }))
  expect([figures.maxGapMs, figures.resumeMsP99]).toEqual([0, 0])
})
