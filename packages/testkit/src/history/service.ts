/** What a run was to show about time and health, and what it showed. All times by one clock that is right. */
export interface ServiceRecord {
  readonly endMs: number
  /** When each event of the log was accepted, by conversation and position. Of what is absent nothing is said. */
  readonly acceptedAtMs: Readonly<Record<string, number>>
  readonly delivery: DeliveryBound
  readonly unbroken: readonly Unbroken[]
  readonly moves: readonly Moves[]
  /** No send may fail for a reason that is the service's, not the app's. */
  readonly sendsMustNotFail: boolean
  readonly health: readonly HealthSample[]
  readonly healthDue: readonly HealthDue[]
  readonly limits?: readonly LimitDue[]
  readonly recoveries?: readonly Recovery[]
  /** P5: clients that connected where only a list sent them that was forged. */
  readonly misled?: readonly string[]
  /** P6: every send that reached a node, and within what it had to be answered. */
  readonly answers?: { readonly boundMs: number; readonly records: readonly AnswerRecord[] }
  /** P6: when sends were turned away, and when typing was told to anybody. */
  readonly soft?: { readonly shut: readonly Span[]; readonly toldAtMs: readonly number[] }
}

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** P6: of each user, over any window of this time, at most `perSecond` × (window + `slackMs`) + `burst` is committed. */
export interface LimitDue extends Span {
  readonly perSecond: number
  readonly burst: number
  readonly slackMs: number
  readonly why: string
}

/** P6: how long it took until everything was well after it had been too much; undefined: it never was. */
export interface Recovery {
  readonly tookMs: number | undefined
  readonly boundMs: number
  readonly why: string
}

/** What became of a send at the node that it reached. `none`: its sender still waits. */
export type AnswerRecord =
  | { readonly is: 'acked' | 'none'; readonly clientId: string; readonly tookMs: number }
  | {
      readonly is: 'refused'
      readonly clientId: string
      readonly tookMs: number
      readonly code: string
      readonly retryAfterMs: number | undefined
    }

/** P5: what was accepted reaches every client that is there within `boundMs`; the time before `fromMs` does not count. */
export interface DeliveryBound {
  readonly fromMs: number
  readonly boundMs: number
}

/** No client is without a live connection for longer than `boundMs` in this time. */
export interface Unbroken {
  readonly promise: 'P5' | 'P6' | 'P7' | 'P8'
  readonly fromMs: number
  readonly toMs: number
  readonly boundMs: number
  readonly why: string
}

/** P7: no storm. Nobody connects who was not asked to, and nobody is asked more often than it takes. */
export interface Moves {
  /** Attempts of clients; those of them that were let in. */
  readonly connects: number
  readonly welcomed: number
  readonly asked: number
  readonly mostAsked: number
  readonly why: string
}

/** What a node said of itself. */
export interface HealthSample {
  readonly node: string
  readonly atMs: number
  readonly ready: boolean
  readonly degraded: boolean
  /** In its own words. */
  readonly reasons: readonly string[]
  readonly sessions: number
}

/**
 * P8: in all of this time every sample of the node is so; there is at least one. `takeNobody`: it has
 * never more sessions than before.
 */
export interface HealthDue {
  readonly node: string
  readonly must: 'beReady' | 'beWell' | 'beUnready' | 'takeNobody' | 'haveNoSessions'
  readonly fromMs: number
  readonly toMs: number
  readonly why: string
}

/** Since when a client says that its connection is in this state. */
export interface StatusChange {
  readonly atMs: number
  readonly state: string
}
