import { DEFAULT_SLOW_START, STRATEGY_NAMES, type StrategyName } from '@skein/resilience'
import { BREAKER, detectionOf, EJECTOR, type DetectionFigures } from './detection.ts'
import { movedOnNodeLoss, spreadOf, strategyRun, type MovedFigures, type SpreadFigures } from './figures.ts'
import { localityFigures, panicFigures, type LocalityFigures, type PanicFigures } from './levels.ts'

/** Power of two choices on headroom is not to pass this. */
export const WANTED_MAX_OVER_FAIR = 1.15
export const DEFAULT_SPREAD_SEED = 1

const SLOW_START_WINDOWS_MS = [1, 10_000, 30_000, 90_000] as const
const SLOW_START_STRATEGIES = ['power-of-two', 'weighted-least-connections'] as const

const IGNORING_WEIGHTS: ReadonlySet<StrategyName> = new Set(['round-robin', 'least-connections'])

export interface StrategyFigures extends SpreadFigures, MovedFigures {
  /** `maxOverFair` when the balancers take all nodes for equal, though they are not. */
  readonly maxOverFairUntold: number
}

export interface SlowStartFigures extends Pick<SpreadFigures, 'newcomerRush' | 'newcomerFillSeconds'> {
  readonly strategy: StrategyName
  readonly windowMs: number
}

/** The same for the same seed, on any machine. */
export interface SpreadReport {
  readonly bench: 'spread'
  readonly seed: number
  readonly figures: Readonly<Record<StrategyName, StrategyFigures>>
  readonly slowStart: readonly SlowStartFigures[]
  readonly locality: readonly LocalityFigures[]
  readonly panic: readonly PanicFigures[]
  readonly ejector: readonly DetectionFigures[]
  readonly breaker: readonly DetectionFigures[]
  readonly ok: boolean
}

export interface SpreadOptions {
  readonly seed?: number
  readonly onProgress?: (line: string) => void
}

/** The report, and the heaviest node's ratio second by second for the chart. */
export interface SpreadResult {
  readonly report: SpreadReport
  readonly courses: ReadonlyMap<StrategyName, readonly number[]>
}

/** Strategies, slow start, locality, panic, ejection and breakers in virtual time. Takes seconds. */
export function benchSpread({ seed = DEFAULT_SPREAD_SEED, onProgress }: SpreadOptions = {}): SpreadResult {
  const courses = new Map<StrategyName, readonly number[]>()
  const figuresOf = (strategy: StrategyName): StrategyFigures => {
    onProgress?.(strategy)
    const run = strategyRun(strategy, seed)
    const { figures, heaviest } = spreadOf(run)
    courses.set(strategy, heaviest)
    const untold = IGNORING_WEIGHTS.has(strategy)
      ? figures
      : spreadOf({ ...run, knowsWeights: false }).figures
    return rounded({ ...figures, ...movedOnNodeLoss(run), maxOverFairUntold: untold.maxOverFair })
  }
  const figures = Object.fromEntries(STRATEGY_NAMES.map((name) => [name, figuresOf(name)])) as Record<
    StrategyName,
    StrategyFigures
  >
  onProgress?.('slow start')
  const slowStart = slowStartFigures(seed)
  onProgress?.('ejection and breakers')
  const { maxOverFair, maxSessionsOverFair } = figures['power-of-two']
  const report: SpreadReport = {
    bench: 'spread',
    seed,
    figures,
    slowStart,
    locality: localityFigures(),
    panic: panicFigures().map(rounded),
    ejector: detectionOf(EJECTOR, seed).map(rounded),
    breaker: detectionOf(BREAKER, seed).map(rounded),
    ok: Math.max(maxOverFair, maxSessionsOverFair) <= WANTED_MAX_OVER_FAIR,
  }
  return { report, courses }
}

const slowStartFigures = (seed: number): SlowStartFigures[] =>
  SLOW_START_STRATEGIES.flatMap((strategy) =>
    SLOW_START_WINDOWS_MS.map((windowMs) => {
      const slowStart = { ...DEFAULT_SLOW_START, windowMs }
      const { figures } = spreadOf({ seed, balancer: { strategy, slowStart }, knowsWeights: true })
      const { newcomerRush, newcomerFillSeconds } = figures
      return rounded({ strategy, windowMs, newcomerRush, newcomerFillSeconds })
    }),
  )

/** Three digits after the point. */
const rounded = <T extends object>(figures: T): T =>
  Object.fromEntries(
    Object.entries(figures).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value,
    ]),
  ) as T
