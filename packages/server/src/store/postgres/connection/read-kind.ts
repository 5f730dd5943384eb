/**
 * What a question is for. `vital` ones keep the node alive and commits going (the log's tail, clock, who
 * may send): they pass by what holds the others back.
 */
export type ReadKind = 'vital' | 'users' | 'pages' | 'requests' | 'records'

/** Connections that others may not take from the vital ones. */
export const VITAL_CONNECTIONS = 2

export interface ReadBounds {
  readonly limit: number
  readonly maxWaiting: number
}

/**
 * How many of each kind may be under way at once, and wait for their turn. `users` and `pages` are batches of
 * many questions; `requests` are single ones of sessions (history, members), `records` those of the API.
 */
export const READ_BOUNDS: Readonly<Record<Exclude<ReadKind, 'vital'>, ReadBounds>> = {
  users: { limit: 2, maxWaiting: 100 },
  pages: { limit: 3, maxWaiting: 100 },
  requests: { limit: 3, maxWaiting: 5_000 },
  records: { limit: 3, maxWaiting: 1_000 },
}
