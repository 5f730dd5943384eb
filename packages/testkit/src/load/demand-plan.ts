/** Users who want to send, whatever the server can take; each has one connection and one conversation. */
export interface DemandPlan {
  readonly users: readonly { readonly connection: number; readonly conversation: string }[]
  readonly pace:
    | { readonly loop: 'open'; readonly perSecond: number }
    /** Whoever got an acknowledgement wants the next one. */
    | { readonly loop: 'closed'; readonly perUser: number }
  /** Whoever is rude does not wait when he is told to. */
  readonly manners: 'patient' | 'rude'
  readonly bodyBytes: number
  /** An acknowledgement after that, counted from when the user wanted to send, does not count as good. */
  readonly patienceMs: number
  /** First this long without counting, then this long with; then it is waited for what is under way. */
  readonly warmUpMs: number
  readonly measureMs: number
  readonly drainMs: number
}

/** What was counted while it was measured, and what holds for the whole run. */
export interface DemandResult {
  readonly measuredMs: number
  readonly wanted: number
  /** Of these, what found its outbox full. */
  readonly heldBack: number
  /** Messages sent, again ones included. */
  readonly sent: number
  readonly refused: number
  readonly acked: number
  /** Acknowledged within the patience. */
  readonly good: number
  /** Counts of `Histogram`s: of what was acknowledged, since it was sent (the last time), and since it was wanted. */
  readonly admittedLatency: readonly number[]
  readonly wantedLatency: readonly number[]
  /** How late the generator itself was. */
  readonly generatorLag: readonly number[]
  /** Of the whole run: what was acknowledged, by the serial number that ends its clientId. */
  readonly ackedSerials: readonly number[]
  /** Still without an answer after `drainMs`. */
  readonly unanswered: number
  readonly closedConnections: number
}
