/** `joining` and `draining` ones take no new clients; a state that is not known here counts as `joining`. */
export type EdgeNodeState = 'joining' | 'ready' | 'draining'

/** A node as the cluster describes it. */
export interface EdgeNode {
  /** Another process has another id. */
  readonly id: string
  /** What a client that is steered names. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly zone: string
  readonly region: string
  readonly state: EdgeNodeState
  readonly reason: string
  /** Capacity relative to the others. */
  readonly weight: number
  /** 0 (full) to 100 (idle); undefined: it reports nothing, or nothing possible. */
  readonly headroom: number | undefined
  readonly sessions: number
  readonly maxSessions: number
  /** Where it answers HAProxy's agent-check; absent: it does not. */
  readonly agentPort?: number | undefined
  /** When its report was made, by the monotonic clock of whoever asks. */
  readonly heardAtMs: number
}
