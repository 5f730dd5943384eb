/** The calls that a fault can strike, and whether they write. */
export type StoreCall =
  | { readonly call: 'commit'; readonly entries: number }
  | {
      readonly call:
        | 'mergeReads'
        | 'mergeState'
        | 'upsertUser'
        | 'revoke'
        | 'beginIdempotent'
        | 'finishIdempotent'
    }
  | {
      readonly call:
        | 'tail'
        | 'laneVector'
        | 'read'
        | 'history'
        | 'users'
        | 'conversation'
        | 'members'
        | 'roleOf'
    }
  | { readonly call: 'state' | 'listUsers' | 'clockMs' | 'ping' }

/** What goes wrong with one call. Several may come together. */
export interface StoreFault {
  /** It waits so long before it does anything. */
  readonly delayMs?: number
  /** The store does not answer: `unavailable`, nothing was done. */
  readonly away?: boolean
  /** The connection broke during the commit: `indeterminate`. It was done, or not. Reads are `unavailable`. */
  readonly indeterminate?: 'committed' | 'notCommitted'
  /** It was done, and the answer waits so long. */
  readonly answerDelayMs?: number
  /** What it wrote is durable, but other reads see it only so much later. Commits see it at once. */
  readonly visibleAfterMs?: number
}

/** Asked once for every call of one handle. */
export interface StoreFaults {
  next(call: StoreCall): StoreFault | undefined
}
