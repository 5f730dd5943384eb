import {
  breakerAdmits,
  breakerStep,
  closedBreaker,
  fullJitterMs,
  type BreakerEvent,
  type BreakerOptions,
  type BreakerState,
} from '@skein/resilience'

/**
 * Which of several endpoints is tried next, and when. Pure; one client's memory. The list may change while
 * the client lives; what is known of an endpoint stays with its URL.
 *
 * A round tries every endpoint once: first those that are thought to be well (the one that served last
 * before all, else as they are ranked, else at random: the clients of a dead node do not all go to the same
 * neighbour),
 * then those that asked to be left, last those whose breaker is open. Within a round the next attempt
 * comes at once; between rounds there is a backoff. So a dead endpoint costs at most one probe, and none
 * is shut out while all others fail.
 */
export interface Endpoints {
  /** Those of the list first, best first if they are ranked. */
  readonly health: readonly Health[]
  /** Somebody chose their order for this client alone. */
  readonly ranked: boolean
  /** URL in use or tried last; undefined: none yet, or a place that the list does not have. */
  readonly current: string | undefined
  /** Served last. */
  readonly home: string | undefined
  /** In this round. */
  readonly tried: readonly string[]
  /** Rounds in which every endpoint failed, since the last connection that was steady. */
  readonly rounds: number
}

export interface Health {
  readonly url: string
  /** False: it left the list, and is remembered in case that it comes back. */
  readonly listed: boolean
  readonly breaker: BreakerState
  /** It sent its clients elsewhere. */
  readonly avoidUntilMs: number
}

export interface Moment {
  /** Monotonic. */
  readonly nowMs: number
  /** Uniform in [0, 1). */
  readonly roll: number
}

/** Within a round not everybody's next attempt comes in the same instant. */
export const NEXT_JITTER_MS = 100
/** Between rounds. */
export const BACKOFF = { baseMs: 200, maxMs: 10_000 } as const
/** An endpoint that sends its clients away is not asked again for so long, while there are others. */
export const AVOID_MS = 30_000
/** A client tries rarely: one failure tells as much as it will learn. */
const BREAKER: BreakerOptions = { failures: 1, baseMs: 2_000, maxMs: 60_000, probeMs: 20_000 }

/** So many that left the list are remembered. */
export const REMEMBERED_MAX = 64

const freshHealth = (url: string): Health => ({ url, listed: true, breaker: closedBreaker, avoidUntilMs: 0 })

export const freshEndpoints = (urls: readonly string[], ranked = false): Endpoints => ({
  health: [...new Set(urls)].map(freshHealth),
  ranked,
  current: undefined,
  home: undefined,
  tried: [],
  rounds: 0,
})

/** Another list, best first. Who was known before is known still; a round that is under way goes on. */
export function relisted(endpoints: Endpoints, urls: readonly string[], { nowMs }: Moment): Endpoints {
  const known = new Map(endpoints.health.map((health) => [health.url, health]))
  const { health } = freshEndpoints(urls)
  const listed = health.map((fresh) => ({ ...fresh, ...known.get(fresh.url), listed: true }))
  const isListed = (url: string): boolean => listed.some((one) => one.url === url)
  const gone = endpoints.health
    .filter((one) => !isListed(one.url) && (one.url === endpoints.current || illness(one, nowMs) > 0))
    .map((one) => ({ ...one, listed: false }))
  const hadNone = !hasListed(endpoints)
  return {
    ...endpoints,
    health: [...listed, ...gone.slice(0, REMEMBERED_MAX)],
    ranked: true,
    home: endpoints.home !== undefined && isListed(endpoints.home) ? endpoints.home : undefined,
    tried: endpoints.tried.filter(isListed),
    rounds: hadNone ? 0 : endpoints.rounds,
  }
}

export const hasListed = ({ health }: Endpoints): boolean => health.some(({ listed }) => listed)

/** 0: well. 1: asked to be left. 2: its breaker is open. */
export const illness = ({ breaker, avoidUntilMs }: Health, nowMs: number): number => {
  if (!breakerAdmits(breaker, nowMs)) return 2
  return nowMs < avoidUntilMs ? 1 : 0
}

const pick = (
  { health, home, ranked }: Endpoints,
  { nowMs, roll }: Moment,
  excluded: readonly string[],
): string | undefined => {
  let best: string[] = []
  let least = Infinity
  for (const state of health) {
    const ill = illness(state, nowMs)
    if (!state.listed || excluded.includes(state.url) || ill > least) continue
    if (ill < least) best = []
    least = ill
    best.push(state.url)
  }
  if (home !== undefined && best.includes(home)) return home
  return ranked ? best[0] : best[Math.floor(roll * best.length)]
}

/** The endpoint to try next; undefined: none is known. */
export const choose = (endpoints: Endpoints, moment: Moment): string | undefined =>
  pick(endpoints, moment, endpoints.tried) ?? pick(endpoints, moment, [])

/** One to move to from `current`: another where there is one. */
export const chooseOther = (
  endpoints: Endpoints,
  current: string | undefined,
  moment: Moment,
): string | undefined =>
  pick({ ...endpoints, home: undefined }, moment, current === undefined ? [] : [current]) ?? current

/** An attempt there begins. */
export const tried = (endpoints: Endpoints, url: string, moment: Moment): Endpoints => ({
  ...told(endpoints, url, 'asked', moment),
  current: url,
  tried: [...endpoints.tried, url],
})

/** It serves: a session is resumed there. */
export const served = (endpoints: Endpoints, url: string | undefined, moment: Moment): Endpoints => ({
  ...told(endpoints, url, 'succeeded', moment),
  current: url,
  home: url ?? endpoints.home,
})

/** What happened there, without a change of what is in use. */
export function told(
  endpoints: Endpoints,
  url: string | undefined,
  event: BreakerEvent,
  moment: Moment,
): Endpoints {
  return changed(endpoints, url, (health) => ({
    ...health,
    breaker: breakerStep(health.breaker, event, moment, BREAKER),
  }))
}

/** It answered, but wants to be left: its breaker need not open for that. */
export const avoided = (endpoints: Endpoints, url: string | undefined, moment: Moment): Endpoints =>
  changed(told(endpoints, url, 'succeeded', moment), url, (health) => ({
    ...health,
    avoidUntilMs: moment.nowMs + AVOID_MS,
  }))

/** The next attempt goes to the same one again: it was not at fault. */
export const again = (endpoints: Endpoints, moment: Moment): Endpoints => {
  const { current } = endpoints
  const healed = told(endpoints, current, 'succeeded', moment)
  return { ...healed, home: current ?? endpoints.home }
}

/** A connection was steady: what failed before it is past. */
export const steady = (endpoints: Endpoints): Endpoints => ({ ...endpoints, tried: [], rounds: 0 })

export interface Wait {
  readonly endpoints: Endpoints
  readonly delayMs: number
}

/** How long until the next attempt: none of this round left means that a new one begins. */
export const untilNext = (endpoints: Endpoints, moment: Moment): Wait =>
  endpoints.health.some(({ listed, url }) => listed && !endpoints.tried.includes(url))
    ? { endpoints, delayMs: moment.roll * NEXT_JITTER_MS }
    : untilRound(endpoints, moment)

/** The same where another endpoint would not help. */
export const untilAgain = (endpoints: Endpoints, moment: Moment): Wait =>
  endpoints.tried.length === 0 && endpoints.rounds === 0
    ? { endpoints, delayMs: moment.roll * NEXT_JITTER_MS }
    : untilRound(endpoints, moment)

/** A round is over, or what it needs is not there. */
export const untilRound = (endpoints: Endpoints, { roll }: Moment): Wait => ({
  endpoints: { ...endpoints, tried: [], rounds: endpoints.rounds + 1 },
  delayMs: fullJitterMs(BACKOFF, endpoints.rounds, { next: () => roll }),
})

function changed(
  endpoints: Endpoints,
  url: string | undefined,
  change: (health: Health) => Health,
): Endpoints {
  if (url === undefined) return endpoints
  const health = endpoints.health.map((known) => (known.url === url ? change(known) : known))
  return { ...endpoints, health }
}
