import type { CallEnd } from '@skein/resilience'
import type { Observation } from './health.ts'

/**
 * How it went with one node that a connection was passed to.
 * - `answered`: its first byte came.
 * - `refused`, `unreachable`: it took no connection (no process; no answer in time).
 * - `died`: it took the connection and ended it without a byte.
 * - `silent`: it took the connection and said nothing in time.
 * - `lost`: while it said nothing, it was found to be away.
 * - `clientGone`: the client left before.
 */
export type AttemptEnd =
  | { readonly is: 'answered'; readonly tookMs: number }
  | { readonly is: 'refused' | 'unreachable' | 'died' | 'silent' | 'lost' }
  | { readonly is: 'clientGone'; readonly afterMs: number }

/** What is asked, as far as it matters here. */
export interface Asked {
  /**
   * A request without effects and without a body (an upgrade is one), known as a whole: it may be said
   * twice, and the time to its answer is the node's, not that of a client that uploads.
   */
  readonly repeatable: boolean
}

/**
 * A request that was accepted and not answered is said once more, to one other node. More would let a
 * request that kills nodes kill all of them.
 */
export const MOST_REPEATS = 1

/** A client that waited longer than this before it left, left because of the node. */
const PATIENCE_MS = 2_000

/** What the outlier ejector is told; undefined: it says nothing about the node. */
export function callEndOf(end: AttemptEnd, { repeatable }: Asked): CallEnd | undefined {
  switch (end.is) {
    case 'answered':
      return { ok: true, tookMs: repeatable ? end.tookMs : undefined }
    case 'refused':
    case 'unreachable':
    case 'died':
    case 'silent':
    case 'lost':
      return { ok: false, tookMs: undefined }
    case 'clientGone':
      return repeatable && end.afterMs > PATIENCE_MS ? { ok: true, tookMs: end.afterMs } : undefined
  }
}

/** What it says about the node's health, beside the checks; undefined: nothing. */
export function observationOf(end: AttemptEnd): Observation | undefined {
  switch (end.is) {
    case 'refused':
      return 'refused'
    case 'unreachable':
      return 'silent'
    case 'answered':
    case 'died':
    case 'silent':
    case 'lost':
    case 'clientGone':
      return undefined
  }
}

/** Whether the next node is tried. `repeats`: how often this request was said again already. */
export function goesElsewhere(end: AttemptEnd, { repeatable }: Asked, repeats: number): boolean {
  switch (end.is) {
    case 'refused':
    case 'unreachable':
      // Nobody has read a byte of it.
      return true
    case 'died':
    case 'silent':
    case 'lost':
      return repeatable && repeats < MOST_REPEATS
    case 'answered':
    case 'clientGone':
      return false
  }
}
