import { STRATEGY_NAMES, type StrategyName } from '@skein/resilience'
import { describe, expect, test } from 'vitest'
import { spreadChart } from './chart.ts'
import { BREAKER, DETECTION_SETTINGS, detectionOf, EJECTOR } from './detection.ts'
import { movedOnNodeLoss, spreadOf, strategyRun } from './figures.ts'
import { localityFigures, panicFigures } from './levels.ts'
import {
  DEFAULT_SPREAD_SEED,
  WANTED_MAX_OVER_FAIR,
  type SpreadResult,
  type StrategyFigures,
} from './spread.ts'
import { spreadTables } from './tables.ts'

const MINUTE_MS = 60_000
const of = (strategy: StrategyName, seed = DEFAULT_SPREAD_SEED) => spreadOf(strategyRun(strategy, seed))
const settings = (...names: string[]) => DETECTION_SETTINGS.filter(({ name }) => names.includes(name))

describe('the bench spread', { timeout: MINUTE_MS }, () => {
  test('power of two choices on headroom keeps every node within 1.15 of its fair share, load and count', () => {
    const { figures } = of('power-of-two')
    expect(figures.maxOverFair).toBeLessThanOrEqual(WANTED_MAX_OVER_FAIR)
    expect(figures.maxSessionsOverFair).toBeLessThanOrEqual(WANTED_MAX_OVER_FAIR)
    expect(figures.maxOverFair).toBeGreaterThan(1)
  })

  test('who ignores weights overloads the small', () => {
    expect(of('round-robin').figures.maxOverFair).toBeGreaterThan(1.8)
  })

  test('a hash moves next to nobody who was elsewhere, whichever edge is asked; two choices move most', () => {
    const moved = (strategy: StrategyName) => movedOnNodeLoss(strategyRun(strategy, DEFAULT_SPREAD_SEED))
    expect(moved('client-ip-hash')).toEqual({ movedOnNodeLoss: 0, movedThroughAnyEdge: 0 })
    expect(moved('consistent-hash').movedThroughAnyEdge).toBeLessThan(0.05)
    expect(moved('power-of-two').movedOnNodeLoss).toBeGreaterThan(0.5)
    expect(moved('sticky').movedOnNodeLoss).toBe(0)
    expect(moved('sticky').movedThroughAnyEdge).toBeGreaterThan(0.2)
  })

  test('a longer slow start sends less to a newcomer at first, and fills it later', () => {
    const withWindow = (windowMs: number) =>
      spreadOf({
        ...strategyRun('weighted-least-connections', DEFAULT_SPREAD_SEED),
        balancer: {
          strategy: 'weighted-least-connections',
          slowStart: { windowMs, leastShare: 0.1, aggression: 1 },
        },
      }).figures
    const [off, long] = [withWindow(1), withWindow(90_000)]
    expect(long.newcomerRush).toBeLessThan(off.newcomerRush / 2)
    expect(long.newcomerFillSeconds).toBeGreaterThan(off.newcomerFillSeconds)
  })

  test('an ejector that waits for more failures is wrong less often, and later', () => {
    const [early, late] = detectionOf(EJECTOR, 1, settings('failuresInRow 3', 'failuresInRow 10'))
    expect(late?.refusedSeconds).toBeGreaterThan(early?.refusedSeconds ?? Infinity)
    expect(late?.falsePerHour).toBeLessThan(early?.falsePerHour ?? 0)
  })

  test('a call that takes less than slowMs is never too slow', () => {
    const [figures] = detectionOf(BREAKER, 1, settings('slowMs 4000'))
    expect(figures?.slowSeconds).toBe(Infinity)
    expect(figures?.refusedSeconds).toBeLessThan(1)
  })

  test('the same seed gives the same course, another seed another', () => {
    expect(of('power-of-two')).toEqual(of('power-of-two'))
    expect(of('power-of-two', 2).heaviest).not.toEqual(of('power-of-two').heaviest)
  })
})

const figures: StrategyFigures = {
  maxOverFair: 1.234,
  maxSessionsOverFair: 1,
  p99LoadRatio: 1,
  movedOnNodeLoss: 0.125,
  movedThroughAnyEdge: 1,
  newcomerFillSeconds: 180,
  newcomerRush: 4,
  maxOverFairUntold: 2.41,
}
const detected = {
  setting: 'failuresInRow 10',
  refusedSeconds: 1,
  hangingSeconds: 100.5,
  failingSeconds: Infinity,
  slowSeconds: Infinity,
  falsePerHour: 30,
}
const result: SpreadResult = {
  report: {
    bench: 'spread',
    seed: 4_294_967_295,
    figures: Object.fromEntries(STRATEGY_NAMES.map((name) => [name, figures])) as Record<
      StrategyName,
      StrategyFigures
    >,
    slowStart: [{ strategy: 'weighted-least-connections', windowMs: 90_000, ...figures }],
    locality: localityFigures(),
    panic: panicFigures(),
    ejector: [detected],
    breaker: [detected],
    ok: false,
  },
  courses: new Map(STRATEGY_NAMES.map((name) => [name, [1.1, 1.2, 3]])),
}

describe('what people see of it', () => {
  test('the tables fit 80 columns with their indent', () => {
    const lines = spreadTables(result.report).flat()
    expect(lines.length).toBeGreaterThan(30)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(78)
  })

  test('the chart says each strategy and its figures as text, and nothing leaves its plot', () => {
    const svg = spreadChart(result)
    for (const name of STRATEGY_NAMES) expect(svg).toContain(`>${name}</text>`)
    expect(svg.match(/>max 1\.23<\/text>/g)).toHaveLength(STRATEGY_NAMES.length)
    expect(svg.match(/>moved 13 %<\/text>/g)).toHaveLength(STRATEGY_NAMES.length)
    // 3 is cut off at the plot's upper edge.
    expect(svg).toContain('520,26 ')
  })
})

describe('locality and panic', () => {
  test('a level that is sick in part keeps what overprovisioning allows', () => {
    const kept = localityFigures().find(({ overprovisioning }) => overprovisioning === 1.4)?.keptBySick
    expect(kept?.map((row) => Math.round(100 * row.kept))).toEqual([100, 100, 70, 35, 0])
  })

  test('without panic the last healthy one of eight carries everything', () => {
    const last = panicFigures().at(-1)
    expect(last).toMatchObject({ sick: 7, loadWithoutPanic: 8, loadWithPanic: 1, toSickWithPanic: 7 / 8 })
  })
})
