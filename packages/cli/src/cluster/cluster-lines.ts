import type { ClusterStatus, NodeStatus } from '@skein/server'
import type { Style } from '../terminal/style.ts'
import { wrapLines } from '../terminal/wrap.ts'

const COLUMNS = 80
const INDENT = 2
const GAP = '  '

/** A node is asked each second for its report; later than this it is worth a word. */
const LATE_REPORT_MS = 3_000

interface Column {
  readonly title: string
  readonly width: number
  readonly right?: boolean
  readonly of: (node: NodeStatus, nowMs: number) => string
}

const TABLE: readonly Column[] = [
  { title: 'NODE', width: 14, of: ({ name, self }) => `${name}${self ? ' *' : ''}` },
  { title: 'STATE', width: 8, of: ({ state }) => state },
  { title: 'ZONE', width: 9, of: ({ zone }) => zone },
  { title: 'SESSIONS', width: 8, right: true, of: ({ load }) => String(load.sessions) },
  { title: 'HEADROOM', width: 8, right: true, of: ({ load }) => `${Math.round(load.headroom)} %` },
  { title: 'CPU', width: 5, right: true, of: ({ load }) => `${Math.round(load.cpu * 100)} %` },
  { title: 'LAG', width: 7, right: true, of: ({ load }) => `${Math.round(load.loopLagP99Ms)} ms` },
  { title: 'AGE', width: 5, right: true, of: ({ sinceMs }, nowMs) => durationText(nowMs - sinceMs) },
]

/** Everything that `skein status` says about a cluster, within 80 columns. */
export function clusterLines(status: ClusterStatus, nowMs: number, style: Style): readonly string[] {
  return [
    ...headLines(status, nowMs, style),
    '',
    style.dim(rowOf(({ title }) => title)),
    ...status.nodes.flatMap((node) => nodeLines(node, nowMs, style)),
  ]
}

/** Whether somebody should look: the node that answered has something to say against itself or the cluster. */
export const isWell = ({ health }: ClusterStatus): boolean => health.ready && !health.degraded

function headLines(status: ClusterStatus, nowMs: number, style: Style): readonly string[] {
  const { self, health, bus, viewAgeMs, drain, rebalance } = status
  const mark = isWell(status) ? style.green('●') : health.ready ? style.yellow('●') : style.red('●')
  const word = health.ready ? (health.degraded ? 'degraded' : 'ready') : 'not ready'
  const facts = [
    `bus ${bus.kind} ${bus.state}`,
    viewAgeMs === null ? 'nothing known of others yet' : `view ${durationText(viewAgeMs)} old`,
    ...(drain === null
      ? []
      : [`draining: ${drain.left} left, over in ${durationText(drain.untilMs - nowMs)}`]),
    ...(rebalance.shedding ? [`rebalancing: ${rebalance.excess} above its share`] : []),
  ]
  const name = self.includes('.') ? self.slice(0, self.lastIndexOf('.')) : self
  return [
    `${mark} ${style.bold(name)} answers: ${word}; ${facts.join('; ')}`,
    ...health.reasons.flatMap((reason) => under(reason, style)),
  ]
}

function nodeLines(node: NodeStatus, nowMs: number, style: Style): readonly string[] {
  const row = rowOf((column) => column.of(node, nowMs))
  const notes = [
    ...(node.state === 'ready' || node.reason === '' ? [] : [node.reason]),
    ...(node.leaving !== undefined && node.leaving > 0 ? [`${node.leaving} asked to move`] : []),
    ...(node.heardAgeMs > LATE_REPORT_MS ? [`last heard ${durationText(node.heardAgeMs)} ago`] : []),
    ...(node.missed > 0 ? [`left ${node.missed} questions without an answer`] : []),
  ]
  return [
    row.replace(node.state, (state) => coloured(node.state, state, style)),
    ...(notes.length === 0 ? [] : under(notes.join('; '), style)),
  ]
}

function coloured(state: NodeStatus['state'], text: string, style: Style): string {
  if (state === 'ready') return style.green(text)
  return state === 'gone' ? style.red(text) : style.yellow(text)
}

const rowOf = (text: (column: Column) => string): string =>
  (
    ' '.repeat(INDENT) +
    TABLE.map((column) => {
      const cell = shorten(text(column), column.width)
      return column.right === true ? cell.padStart(column.width) : cell.padEnd(column.width)
    }).join(GAP)
  ).trimEnd()

const under = (text: string, style: Style): readonly string[] =>
  wrapLines(text, COLUMNS - 2 * INDENT).map((line) => style.dim(' '.repeat(2 * INDENT) + line))

const shorten = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const

/** `3 d`, `2 h`, `12 s`, `0 s`: its largest unit is enough. */
export function durationText(durationMs: number): string {
  for (const [unitMs, unit] of UNITS)
    if (durationMs >= unitMs) return `${Math.floor(durationMs / unitMs)} ${unit}`
  return '0 s'
}
