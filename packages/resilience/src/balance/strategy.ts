import type { Random } from '@skein/core'
import type { Endpoint } from './endpoint.ts'

/** One decision. */
export interface PickRequest {
  /** Monotonic. */
  readonly nowMs: number
  readonly random: Random
  /** Whose: a client's IP, user, conversation. Strategies that hash or stick need it; others ignore it. */
  readonly key?: string | undefined
  /** Where the client was steered to (an endpoint's id): honoured while that one is healthy. */
  readonly steerTo?: string | undefined
}

/**
 * How one of several endpoints is chosen. An instance may remember what it chose; the same calls with the
 * same clock and randomness give the same picks.
 */
export interface Strategy {
  /** Undefined: none of them may be given anything. */
  pick<E extends Endpoint>(candidates: readonly E[], request: PickRequest): E | undefined
}
