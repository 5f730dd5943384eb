import type { ClusterStatus, NodeStatus } from '@skein/server'
import type { Style } from '../terminal/style.ts'
import { wrapLines } from '../terminal/wrap.ts'
import { durationText, fitted, LOAD_COLUMNS, NODE_COLUMNS, rowOf, type Column } from './columns.ts'
import { guardLines } from './guard-lines.ts'

const COLUMNS = 80
const INDENT = 2

/** A node is asked each second for its report; later than this it is worth a word. */
const LATE_REPORT_MS = 3_000

/** Everything that `skein status` says about a cluster, within 80 columns. */
export function clusterLines(status: ClusterStatus, nowMs: number, style: Style): readonly string[] {
  const rows = status.nodes.map((node) => ({ node, nowMs }))
  const nodeColumns = fitted(NODE_COLUMNS, rows)
  const loadColumns = fitted(LOAD_COLUMNS, rows)
  return [
    ...headLines(status, nowMs, style),
    '',
    style.dim(rowOf(nodeColumns, ({ title }) => title)),
    ...status.nodes.flatMap((node) => nodeLines(node, nodeColumns, nowMs, style)),
    '',
    style.dim(rowOf(loadColumns, ({ title }) => title)),
    ...status.nodes.map((node) => rowOf(loadColumns, (column) => column.of(node, nowMs))),
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

function nodeLines(
  node: NodeStatus,
  columns: readonly Column[],
  nowMs: number,
  style: Style,
): readonly string[] {
  const row = rowOf(columns, (column) => column.of(node, nowMs))
  const notes = [
    ...(node.state === 'ready' || node.reason === '' ? [] : [node.reason]),
    ...(node.leaving !== undefined && node.leaving > 0 ? [`${node.leaving} asked to move`] : []),
    ...(node.heardAgeMs > LATE_REPORT_MS ? [`last heard ${durationText(node.heardAgeMs)} ago`] : []),
    ...(node.load === null ? ['its load report is impossible: it counts as a node without one'] : []),
    ...(node.missed > 0 ? [`left ${node.missed} questions without an answer`] : []),
  ]
  return [
    row.replace(node.state, (state) => coloured(node.state, state, style)),
    ...(notes.length === 0 ? [] : under(notes.join('; '), style)),
    ...node.guards.flatMap((guard) => guardLines(guard, COLUMNS, style)),
  ]
}

function coloured(state: NodeStatus['state'], text: string, style: Style): string {
  if (state === 'ready') return style.green(text)
  return state === 'gone' ? style.red(text) : style.yellow(text)
}

const under = (text: string, style: Style): readonly string[] =>
  wrapLines(text, COLUMNS - 2 * INDENT).map((line) => style.dim(' '.repeat(2 * INDENT) + line))
