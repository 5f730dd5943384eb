/** A probe that is sent each second and not answered for so long: the path fails. */
export const NO_ANSWER_MS = 3_000
/** Probes of different nodes are up to a second apart, and reports of them as much: less is no difference. */
const CLEARLY_MS = 2_000
/**
 * A difference must last: after a fault of all, one node is the first to be well again. As long as a peer
 * counts as working at all, so that a difference which a fault of all froze is never confirmed.
 */
const CONFIRM_MS = NO_ANSWER_MS
/** A path that works again must do so for as long before it is trusted. */
const RECOVER_MS = 2_000

/** `failing`: mine fails and a peer's works. `degraded`: it fails for all, or nobody is there to compare with. */
export type PathVerdict = 'working' | 'failing' | 'degraded'

export interface PathState {
  readonly verdict: PathVerdict
  /** Since when a peer's path clearly works while mine does not; undefined while that is not so. */
  readonly worseSinceMs: number | undefined
  /** Since when probes are answered again, after they were not. */
  readonly wellSinceMs: number | undefined
}

export const WORKING: PathState = { verdict: 'working', worseSinceMs: undefined, wellSinceMs: undefined }

/** All by this node's monotonic clock. */
export interface PathEvidence {
  /** When the newest probe was sent that came back. */
  readonly okAtMs: number
  /** The same of every other ready node, as it last reported; undefined: none came back yet. */
  readonly peersOkAtMs: readonly (number | undefined)[]
}

/**
 * Health is delivery (P8), and it is relative: a node is unready only when its own path fails while
 * another's works. A fault that all share is nobody's reason to leave.
 */
export function judgePath(
  before: PathState,
  { okAtMs, peersOkAtMs }: PathEvidence,
  nowMs: number,
): PathState {
  const fails = nowMs - okAtMs >= NO_ANSWER_MS
  const worse = peersOkAtMs.some(
    (peerMs) => peerMs !== undefined && peerMs - okAtMs >= CLEARLY_MS && nowMs - peerMs < NO_ANSWER_MS,
  )
  const worseSinceMs = worse ? (before.worseSinceMs ?? nowMs) : undefined
  const wellSinceMs = fails ? undefined : (before.wellSinceMs ?? nowMs)
  const confirmed = worseSinceMs !== undefined && nowMs - worseSinceMs >= CONFIRM_MS
  const recovered = wellSinceMs !== undefined && nowMs - wellSinceMs >= RECOVER_MS
  return { verdict: verdictOf(before.verdict, { fails, confirmed, recovered }), worseSinceMs, wellSinceMs }
}

function verdictOf(
  before: PathVerdict,
  now: { readonly fails: boolean; readonly confirmed: boolean; readonly recovered: boolean },
): PathVerdict {
  if (now.fails) return now.confirmed ? 'failing' : 'degraded'
  return before === 'working' || now.recovered ? 'working' : before
}
