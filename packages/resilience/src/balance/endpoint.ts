import type { PeakEwma } from './peak-ewma.ts'

/**
 * `ejected`: looks sick (checks, outlier ejection, an open breaker); used only in panic.
 * `draining`: is going away; never picked.
 */
export type EndpointState = 'healthy' | 'ejected' | 'draining'

/** What one picks from: a node, a proxy's server, a database replica, a provider, a region. */
export interface Endpoint {
  /** Unique among the candidates. */
  readonly id: string
  /** Capacity relative to the others. 0, or what is no number: it is given nothing. */
  readonly weight: number
  readonly zone: string
  readonly region: string
  readonly state: EndpointState
  /** Open there now, as far as whoever picks knows. */
  readonly connections: number
  /** Requests (or handshakes) that whoever picks has there without an answer. */
  readonly inFlight: number
  /** The last that was heard of its load. */
  readonly report?: HeadroomReport | undefined
  /** How many whoever picks sent there since that report was made (`RecentPicks`). */
  readonly sinceReport?: number | undefined
  /** Round trips to it: `observeRtt`. */
  readonly rtt?: PeakEwma | undefined
  /** Slow start counts from here (monotonic); absent: it is warm. */
  readonly readySinceMs?: number | undefined
}

export interface HeadroomReport {
  /** What its scarcest resource has left, 0–100. */
  readonly headroom: number
  /** How many sessions it had then. */
  readonly sessions: number
  /** When it was heard, on the monotonic clock of whoever picks. */
  readonly atMs: number
}

/** Reports come each second: two may be lost. */
export const REPORT_TTL_MS = 3_000

/** Healthy, warm, idle, weight 1, in no particular place, unless told. */
export const endpointOf = (known: Pick<Endpoint, 'id'> & Partial<Endpoint>): Endpoint => ({
  weight: 1,
  zone: '',
  region: '',
  state: 'healthy',
  connections: 0,
  inFlight: 0,
  ...known,
})

/** May be given something at all, be it in panic. */
export const isPresent = ({ state, weight }: Endpoint): boolean =>
  state !== 'draining' && weight > 0 && weight < Infinity

export const isHealthy = (endpoint: Endpoint): boolean => endpoint.state === 'healthy' && isPresent(endpoint)

/** One session is never taken to cost more than this part of what a node uses. */
const LEAST_SESSIONS = 50
/** Until whoever picks has more there than this, it hardly guesses at what others send. */
const LEAST_OWN = 20

/**
 * Headroom that the endpoint should have by now: what it reported, less what was sent there since. Others
 * pick too: who has a third of the endpoint's sessions sees a third of what is sent there, so each of its
 * own picks stands for three. Without that, several who pick fill a lost node's gap well above the brim.
 * Never more than reported, so that no estimate attracts. Undefined, as without a report, when the report
 * is stale, from the future, or impossible.
 * On the harm of old load reports: Mitzenmacher, "How Useful Is Old Information?", 2000.
 */
export function expectedHeadroom(endpoint: Endpoint, nowMs: number, ttlMs: number): number | undefined {
  const { report } = endpoint
  if (report === undefined) return undefined
  const { headroom, sessions, atMs } = report
  const fresh = atMs <= nowMs && nowMs - atMs <= ttlMs
  const possible = headroom >= 0 && headroom <= 100 && sessions >= 0 && sessions < Infinity
  if (!fresh || !possible) return undefined
  const perSession = (100 - headroom) / Math.max(sessions, LEAST_SESSIONS)
  const picked = Math.max(0, endpoint.sinceReport ?? 0)
  const own = Math.max(0, endpoint.connections - picked)
  const standsFor = Math.max(1, (sessions + LEAST_OWN) / (own + LEAST_OWN))
  return Math.max(0, headroom - perSession * standsFor * picked)
}
