/** A node as another one tells of it. */
export interface ClusterNode {
  readonly name: string
  readonly state: string
  readonly sessions: number
  /** When that state began: another process of the same name has another one. */
  readonly sinceMs: number
}

export interface NodeRow extends ClusterNode {
  /** When it was missed first; undefined while it is there. */
  readonly awaySinceMs: number | undefined
}

/** After this nobody expects it back. */
const FORGET_MS = 30_000

/** `state` of a node that the cluster does not tell of any more, or that was killed here a moment ago. */
export const AWAY = 'restarting'

/** The rows keep their places while nodes come and go, so that the button under the finger stays the same. */
export function rowsAfter(
  before: readonly NodeRow[],
  told: readonly ClusterNode[],
  nowMs: number,
): readonly NodeRow[] {
  const there = new Map(told.map((node) => [node.name, node]))
  const missing = before
    .filter(({ name, awaySinceMs }) => !there.has(name) && nowMs - (awaySinceMs ?? nowMs) < FORGET_MS)
    .map((row) => ({ ...row, state: AWAY, sessions: 0, awaySinceMs: row.awaySinceMs ?? nowMs }))
  const rows = told.map((node) => {
    const killed = before.find(({ name, awaySinceMs }) => name === node.name && awaySinceMs !== undefined)
    // Nodes take a killed one for living until its lease runs out.
    return killed?.sinceMs === node.sinceMs ? killed : { ...node, awaySinceMs: undefined }
  })
  return [...rows, ...missing].sort((one, other) => one.name.localeCompare(other.name))
}

/** Somebody pressed the button: its process is gone before the others notice. */
export const rowsAfterKill = (before: readonly NodeRow[], name: string, nowMs: number): readonly NodeRow[] =>
  before.map((row) => (row.name === name ? { ...row, state: AWAY, sessions: 0, awaySinceMs: nowMs } : row))
