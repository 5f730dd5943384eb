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
 * Which of several endpoints is tried next, and when. Pure; one client's memory.
 *
 * A round tries every endpoint once: first those that are thought to be well (the one that served last
 * before all, else at random, so that the clients of a dead node do not all go to the same neighbour),
 * then those that asked to be left, last those whose breaker is open. Within a round the next attempt
 * comes at once; between rounds there is a backoff. So a dead endpoint costs at most one probe, and none
 * is shut out while all others fail.
 */
export interface Endpoints {
  readonly health: readonly Health[]
  /** In use or tried last; undefined: none yet, or a place that the list does not have. */
  readonly current: number | undefined
  /** Served last. */
  readonly home: number | undefined
  /** In this round. */
  readonly tried: readonly number[]
  /** Rounds in which every endpoint failed, since the last connection that was steady. */
  readonly rounds: number
}

export interface Health {
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

export const freshEndpoints = (count: number): Endpoints => ({
  health: Array.from({ length: count }, () => ({ breaker: closedBreaker, avoidUntilMs: 0 })),
  current: undefined,
  home: undefined,
  tried: [],
  rounds: 0,
})

/** 0: well. 1: asked to be left. 2: its breaker is open. */
const illness = ({ breaker, avoidUntilMs }: Health, nowMs: number): number => {
  if (!breakerAdmits(breaker, nowMs)) return 2
  return nowMs < avoidUntilMs ? 1 : 0
}

const pick = (
  { health, home }: Endpoints,
  { nowMs, roll }: Moment,
  excluded: readonly number[],
): number | undefined => {
  let best: number[] = []
  let least = Infinity
  for (const [index, state] of health.entries()) {
    const ill = illness(state, nowMs)
    if (excluded.includes(index) || ill > least) continue
    if (ill < least) best = []
    least = ill
    best.push(index)
  }
  return home !== undefined && best.includes(home) ? home : best[Math.floor(roll * best.length)]
}

/** The endpoint to try next. */
export const choose = (endpoints: Endpoints, moment: Moment): number =>
  pick(endpoints, moment, endpoints.tried) ?? 0

/** One to move to from `current`: another where there is one. */
export const chooseOther = (endpoints: Endpoints, current: number | undefined, moment: Moment): number =>
  pick({ ...endpoints, home: undefined }, moment, current === undefined ? [] : [current]) ?? current ?? 0

/** An attempt there begins. */
export const tried = (endpoints: Endpoints, index: number, moment: Moment): Endpoints => ({
  ...told(endpoints, index, 'asked', moment),
  current: index,
  tried: [...endpoints.tried, index],
})

/** It serves: a session is resumed there. */
export const served = (endpoints: Endpoints, index: number | undefined, moment: Moment): Endpoints => ({
  ...told(endpoints, index, 'succeeded', moment),
  current: index,
  home: index ?? endpoints.home,
})

/** What happened there, without a change of what is in use. */
export function told(
  endpoints: Endpoints,
  index: number | undefined,
  event: BreakerEvent,
  moment: Moment,
): Endpoints {
  return changed(endpoints, index, (health) => ({
    ...health,
    breaker: breakerStep(health.breaker, event, moment, BREAKER),
  }))
}

/** It answered, but wants to be left: its breaker need not open for that. */
export const avoided = (endpoints: Endpoints, index: number | undefined, moment: Moment): Endpoints =>
  changed(told(endpoints, index, 'succeeded', moment), index, (health) => ({
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
  endpoints.tried.length < endpoints.health.length
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
  index: number | undefined,
  change: (health: Health) => Health,
): Endpoints {
  if (index === undefined) return endpoints
  const health = endpoints.health.map((known, place) => (place === index ? change(known) : known))
  return { ...endpoints, health }
}
