import { createHash } from 'node:crypto'
import type { History } from '../history/history.ts'

/** One short name for everything that a run did: two runs of a seed must agree on it. */
export const hashHistory = (history: History): string =>
  createHash('sha256').update(JSON.stringify(history)).digest('hex').slice(0, 16)
