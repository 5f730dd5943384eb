import type { QueueItem } from './lane.ts'
import type { OutboxEntry } from './storage.ts'

/** To be sent now. `after`: the preceding send of this conversation that is not yet durable. */
export interface SendOrder {
  readonly entry: OutboxEntry
  readonly after: string | undefined
  /** Its state does not change by this: it was sent by another connection too, or is durable already. */
  readonly again: boolean
}

export interface Refusal {
  readonly clientId: string
  readonly code: string
  readonly retryAfterMs: number | undefined
}

/** What a refusal came to. */
export type RefusalVerdict =
  | { readonly is: 'later'; readonly requeued: readonly QueueItem[] }
  | { readonly is: 'failed'; readonly failed: readonly QueueItem[] }
  /** The direct conversation was there already: as good as created. */
  | { readonly is: 'needless'; readonly item: QueueItem }
  | { readonly is: 'ignored' }

/** These say that the server as a whole has no time, not only for this conversation. */
const FOR_ALL: ReadonlySet<string> = new Set(['overloaded', 'tooFast', 'unavailable'])

export const concernsAll = (code: string): boolean => FOR_ALL.has(code)
