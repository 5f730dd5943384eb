import type { Runtime } from '@skein/core'
import type { ErrorCode } from '@skein/protocol'
import {
  ACCEPT_COSTS,
  acceptArrival,
  type AcceptOptions,
  type Arrival,
  UNUSED_BUDGET,
} from '../cluster/accept-budget.ts'
import type { NodeCounters } from './counters.ts'
import type { NodeLimits } from './limits.ts'
import type { Overload } from './overload.ts'

export interface Turned {
  readonly code: Extract<ErrorCode, 'draining' | 'overloaded'>
  readonly message: string
  readonly retryAfterMs: number
}

/** Clients that are sent elsewhere come back spread over this time at most. */
const ELSEWHERE_MS = 1_000
/** When there may be a place again. */
const FULL_MIN_MS = 2_000
const FULL_MAX_MS = 5_000

export interface AcceptGateOptions {
  readonly limits: Pick<NodeLimits, 'maxConnections' | 'acceptPerSecond' | 'acceptBurst'>
  readonly runtime: Pick<Runtime, 'clock' | 'random'>
  readonly counters: Pick<NodeCounters, 'turnedAway'>
  readonly overload: Pick<Overload, 'ask'>
}

/** Who may come in now: nobody while the node is leaving, else so many per second as it can take. */
export class AcceptGate {
  readonly #options: AcceptGateOptions
  readonly #budget: AcceptOptions
  #used = UNUSED_BUDGET
  #closedBecause: string | undefined

  constructor(options: AcceptGateOptions) {
    this.#options = options
    const { acceptPerSecond, acceptBurst } = options.limits
    this.#budget = { ...ACCEPT_COSTS, perSecond: acceptPerSecond, burst: acceptBurst }
  }

  close(reason: string): void {
    this.#closedBecause = reason
  }

  open(): void {
    this.#closedBecause = undefined
  }

  /** For a connection that has said nothing yet; `sessions` counts it. Undefined when it may say hello. */
  atTheDoor(sessions: number): Turned | undefined {
    if (this.#closedBecause !== undefined) return this.elsewhere(this.#closedBecause)
    const { limits, runtime } = this.#options
    if (sessions <= limits.maxConnections) return undefined
    const retryAfterMs = FULL_MIN_MS + (FULL_MAX_MS - FULL_MIN_MS) * runtime.random.next()
    return { code: 'overloaded', message: 'this node is full', retryAfterMs }
  }

  /** For a client whose hello came: undefined when it may enter. */
  refusal(arrival: Arrival): Turned | undefined {
    if (this.#closedBecause !== undefined) return this.elsewhere(this.#closedBecause)
    const { runtime, counters, overload } = this.#options
    const turned = overload.ask(arrival)
    if (turned !== undefined) {
      counters.turnedAway++
      return { ...turned, code: 'overloaded' }
    }
    const { clock, random } = runtime
    const verdict = acceptArrival(this.#budget, this.#used, arrival, { nowMs: clock.monotonicMs(), random })
    this.#used = verdict.state
    if (verdict.kind === 'accept') return undefined
    counters.turnedAway++
    const message = 'too many clients come at once; come back when you are told to'
    return { code: 'overloaded', message, retryAfterMs: verdict.retryAfterMs }
  }

  /** The moment is jittered: those who are sent away together should not arrive elsewhere together. */
  elsewhere(message: string): Turned {
    return { code: 'draining', message, retryAfterMs: ELSEWHERE_MS * this.#options.runtime.random.next() }
  }
}
