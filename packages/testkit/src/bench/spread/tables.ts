import type { DetectionFigures } from './detection.ts'
import { WANTED_MAX_OVER_FAIR, type SpreadReport } from './spread.ts'

type Cell = string | number

const NAME_WIDTH = 26
const CELL_WIDTH = 6

const fixed = (value: number, digits: number): string =>
  value === Infinity ? 'never' : value.toFixed(digits)
const percent = (share: number): string => `${Math.round(100 * share)} %`

/** The first column to the left, the others to the right; fits 80 columns. */
function lines(header: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const line = ([name = '', ...cells]: readonly Cell[]): string =>
    String(name).padEnd(NAME_WIDTH) + cells.map((cell) => String(cell).padStart(CELL_WIDTH)).join('')
  return [header, ...rows].map(line)
}

/** For people. Each table begins with what it is. */
export function spreadTables(report: SpreadReport): readonly (readonly string[])[] {
  return [
    strategies(report),
    slowStart(report),
    locality(report),
    panic(report),
    detection('Ejection, 5 calls a second', report.ejector),
    detection('Breaker, 20 calls a second', report.breaker),
  ]
}

const strategies = ({ figures, seed }: SpreadReport): string[] => [
  `Load ÷ fair share: 4,000 sessions, 8 nodes 1:1:1:1:2:2:4:4, seed ${seed}`,
  ...lines(
    ['', 'max', 'count', 'p99', 'moved', 'any', 'fill', 'rush', 'blind'],
    Object.entries(figures).map(([name, of]) => [
      name,
      fixed(of.maxOverFair, 2),
      fixed(of.maxSessionsOverFair, 2),
      fixed(of.p99LoadRatio, 2),
      percent(of.movedOnNodeLoss),
      percent(of.movedThroughAnyEdge),
      `${of.newcomerFillSeconds} s`,
      fixed(of.newcomerRush, 1),
      fixed(of.maxOverFairUntold, 2),
    ]),
  ),
  'max, p99: of load; count: max of sessions; moved, any: placed elsewhere when',
  'another node is lost, by the same edge and by any; fill: a newcomer has 90 %;',
  'rush: placements on it at first ÷ fair; blind: max when weights are not told.',
  `Wanted of power-of-two: max and count ≤ ${WANTED_MAX_OVER_FAIR}.`,
]

const slowStart = (report: SpreadReport): string[] => [
  'Slow start of a newcomer',
  ...lines(
    ['strategy, window', 'rush', 'fill'],
    report.slowStart.map(({ strategy, windowMs, newcomerRush, newcomerFillSeconds }) => [
      `${strategy === 'power-of-two' ? strategy : 'weighted-least-conn.'}, ${Math.floor(windowMs / 1_000)} s`,
      fixed(newcomerRush, 1),
      `${newcomerFillSeconds} s`,
    ]),
  ),
]

const locality = (report: SpreadReport): string[] => [
  'Locality: kept in the own zone when so many of its 4 nodes are sick',
  ...lines(
    ['overprovisioning', ...(report.locality[0]?.keptBySick ?? []).map(({ sick }) => `${sick}`)],
    report.locality.map(({ overprovisioning, keptBySick }) => [
      overprovisioning,
      ...keptBySick.map(({ kept }) => percent(kept)),
    ]),
  ),
]

const panic = (report: SpreadReport): string[] => [
  'Panic below 50 % healthy: load of a healthy node of 8 without and with it',
  ...lines(
    ['sick', 'none', 'panic', 'lost'],
    report.panic.map(({ sick, loadWithoutPanic, loadWithPanic, toSickWithPanic }) => [
      sick,
      `${fixed(loadWithoutPanic, 1)}×`,
      `${fixed(loadWithPanic, 1)}×`,
      percent(toSickWithPanic),
    ]),
  ),
]

const detection = (title: string, figures: readonly DetectionFigures[]): string[] => [
  `${title}: seconds until noticed, false ones an hour`,
  ...lines(
    ['setting', 'refuse', 'hangs', '40 %', 'slow', 'false'],
    figures.map((of) => [
      of.setting,
      fixed(of.refusedSeconds, 1),
      fixed(of.hangingSeconds, 1),
      fixed(of.failingSeconds, 1),
      fixed(of.slowSeconds, 1),
      fixed(of.falsePerHour, 1),
    ]),
  ),
]
