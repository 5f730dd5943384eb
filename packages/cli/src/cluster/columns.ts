import type { NodeStatus, Resource } from '@skein/server'

export interface Column {
  readonly title: string
  readonly width: number
  /** Figures stand at the right. */
  readonly right?: boolean
  readonly of: (node: NodeStatus, nowMs: number) => string
}

export interface Row {
  readonly node: NodeStatus
  readonly nowMs: number
}

type Load = NonNullable<NodeStatus['load']>

const TABLE_WIDTH = 80
const INDENT = 2
const GAP = '  '
const NAME_WIDTH = 14
const MARK = ' *'

const SCARCE: Readonly<Record<Resource, string>> = {
  sessions: 'sessions',
  accepting: 'accepts',
  loop: 'lag',
  cpu: 'cpu',
  memory: 'memory',
  queue: 'queue',
  bus: 'bus',
  path: 'path',
}

/** A node without a report has nothing to show. */
const told =
  (text: (load: Load) => string) =>
  ({ load }: NodeStatus): string =>
    load === null ? '–' : text(load)

function headroomText({ headroom, scarcest }: Load): string {
  const share = `${Math.round(headroom)} %`.padStart(5)
  return scarcest === null ? share : `${share} ${SCARCE[scarcest]}`
}

/** Who is there, and how much more it can take. */
export const NODE_COLUMNS: readonly Column[] = [
  { title: 'NODE', width: NAME_WIDTH, of: ({ name, self }) => `${name}${self ? MARK : ''}` },
  { title: 'STATE', width: 8, of: ({ state }) => state },
  { title: 'ZONE', width: 12, of: ({ zone }) => zone },
  { title: 'SESSIONS', width: 8, right: true, of: told(({ sessions }) => String(sessions)) },
  { title: 'HEADROOM', width: 14, of: told(headroomText) },
  { title: 'WEIGHT', width: 6, right: true, of: ({ weight }) => String(weight) },
  { title: 'AGE', width: 4, right: true, of: ({ sinceMs }, nowMs) => durationText(nowMs - sinceMs) },
]

/** What the headroom is made of. */
export const LOAD_COLUMNS: readonly Column[] = [
  { title: 'LOAD', width: NAME_WIDTH, of: ({ name }) => name },
  { title: 'CPU', width: 5, right: true, of: told(({ cpu }) => `${Math.round(cpu * 100)} %`) },
  { title: 'LAG', width: 7, right: true, of: told(({ loopLagP99Ms }) => waitText(loopLagP99Ms)) },
  { title: 'MEMORY', width: 7, right: true, of: told(({ rssBytes }) => bytesText(rssBytes)) },
  { title: 'ACCEPTS/S', width: 9, right: true, of: told((load) => rateText(load.acceptedPerSecond)) },
  { title: 'SENDS/S', width: 7, right: true, of: told((load) => rateText(load.messagesPerSecond)) },
  { title: 'QUEUE', width: 7, right: true, of: told(({ queueWaitMs }) => waitText(queueWaitMs)) },
  {
    title: 'BUS',
    width: 7,
    right: true,
    of: told(({ busLagMs }) => (busLagMs === null ? '–' : waitText(busLagMs))),
  },
]

/** Where names are long they take the room that the other columns do not need now. */
export function fitted(columns: readonly Column[], rows: readonly Row[]): readonly Column[] {
  const needed = ({ title, of }: Column): number =>
    Math.max(title.length, ...rows.map(({ node, nowMs }) => of(node, nowMs).length))
  const [names, ...others] = columns
  if (names === undefined || needed(names) <= names.width) return columns
  const narrow = others.map((column) => ({ ...column, width: Math.min(column.width, needed(column)) }))
  const taken = narrow.reduce((sum, { width }) => sum + GAP.length + width, INDENT)
  return [{ ...names, width: Math.min(needed(names), TABLE_WIDTH - taken) }, ...narrow]
}

export const rowOf = (columns: readonly Column[], text: (column: Column) => string): string =>
  (
    ' '.repeat(INDENT) +
    columns
      .map((column) => {
        const cell = shorten(text(column), column.width)
        return column.right === true ? cell.padStart(column.width) : cell.padEnd(column.width)
      })
      .join(GAP)
  ).trimEnd()

/** The end of a text tells more than its beginning: hosts and zones begin like their neighbours. */
function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  const head = Math.floor((width - 1) / 3)
  return `${text.slice(0, head)}…${text.slice(head + 1 - width)}`
}

/** Small rates keep a digit, so that a trickle is not taken for nothing. */
const rateText = (perSecond: number): string =>
  perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : String(Math.round(perSecond))

/** `0 ms`, `11 ms`, `4.2 s`. */
const waitText = (waitMs: number): string =>
  waitMs < 999.5 ? `${Math.round(waitMs)} ms` : `${(waitMs / 1_000).toFixed(1)} s`

const MEGABYTE = 1_000_000

const bytesText = (bytes: number): string =>
  bytes < 999.5 * MEGABYTE
    ? `${Math.round(bytes / MEGABYTE)} MB`
    : `${(bytes / (1_000 * MEGABYTE)).toFixed(1)} GB`

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
