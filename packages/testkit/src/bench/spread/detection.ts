import { seededRandom, unreachable, type Random } from '@skein/core'
import {
  CircuitBreaker,
  DEFAULT_OUTLIER,
  OutlierEjector,
  type BreakerOptions,
  type CallEnd,
  type OutlierOptions,
} from '@skein/resilience'
import { Agenda, between, untilNextMs } from './agenda.ts'
import { quantile } from './figures.ts'

/** What differs from the default: the same for an ejector and a breaker. */
export interface DetectionSetting {
  readonly name: string
  readonly failuresInRow?: number
  readonly rates?: Partial<OutlierOptions['rates']>
}

export const DETECTION_SETTINGS: readonly DetectionSetting[] = [
  { name: 'default' },
  { name: 'failuresInRow 3', failuresInRow: 3 },
  { name: 'failuresInRow 10', failuresInRow: 10 },
  { name: 'minimumCalls 5', rates: { minimumCalls: 5 } },
  { name: 'failureShare 0.3', rates: { failureShare: 0.3 } },
  { name: 'windowMs 30000', rates: { windowMs: 30_000 } },
  { name: 'slowMs 1000', rates: { slowMs: 1_000 } },
  { name: 'slowMs 4000', rates: { slowMs: 4_000 } },
  {
    name: 'patient',
    failuresInRow: 50,
    rates: { windowMs: 30_000, minimumCalls: 50, failureShare: 0.3 },
  },
]

/** Seconds are medians; Infinity: not within `WATCHED_MS`. */
export interface DetectionFigures {
  readonly setting: string
  /** All calls are refused at once. */
  readonly refusedSeconds: number
  /** No call is answered; each fails at its timeout of 5 s. */
  readonly hangingSeconds: number
  /** 40 % of the calls fail at once. */
  readonly failingSeconds: number
  /** All calls succeed, after 3 s. */
  readonly slowSeconds: number
  /** Times that it trips in an hour with ordinary trouble only, of which 30 hiccups. */
  readonly falsePerHour: number
}

/**
 * Ordinary trouble: 0.5 % of the calls fail, 1 % take 1 to 4 s, and each two minutes on average comes a
 * hiccup of 3 s (a failover of the network, a checkpoint, a long collection) in which half fail and the
 * others take 1.5 to 3 s.
 */
const FAILING_SHARE = 0.005
const SLOW_SHARE = 0.01
const SLOW_CALL_MS = { from: 1_000, to: 4_000 }
const MEAN_CALL_MS = 20
const BETWEEN_HICCUPS_MS = 120_000
const HICCUP_MS = 3_000
const HICCUP_FAILING_SHARE = 0.5
const HICCUP_CALL_MS = { from: 1_500, to: 3_000 }

const REFUSED_MS = 2
const TIMEOUT_MS = 5_000
const FAULTY_SHARE = 0.4
const FAULTY_SLOW_MS = 3_000

const TRIALS = 15
const HEALTHY_MS = 30_000
const WATCHED_MS = 120_000
/** Of so many calls without a fault the false ones are counted. */
const WATCHED_CALLS = 72_000
/** It is out, or open, for so long before it is watched again. */
const OUT_MS = 30_000
const HOUR_MS = 3_600_000
const SECOND_MS = 1_000

type Fault = 'refused' | 'hanging' | 'failing' | 'slow'
interface Call {
  readonly ok: boolean
  readonly tookMs: number
}

/** Counts how calls end until it trips. */
interface Watch {
  began(nowMs: number): (end: CallEnd, endMs: number) => void
}

const UNWATCHED: Watch = { began: () => () => {} }

type OpenWatch = (setting: DetectionSetting, random: Random, onTrip: () => void) => Watch

/** An edge watches a node by the handshakes that it sends there. */
export const EJECTOR = { callsPerSecond: 5, open: openEjector }
/** A node watches its database by the calls that it makes. */
export const BREAKER = { callsPerSecond: 20, open: openBreaker }

export function detectionOf(
  { callsPerSecond, open }: { readonly callsPerSecond: number; readonly open: OpenWatch },
  seed: number,
  settings: readonly DetectionSetting[] = DETECTION_SETTINGS,
): DetectionFigures[] {
  return settings.map((setting) => {
    const seconds = (fault: Fault): number => {
      const trials = Array.from({ length: TRIALS }, (_, i) =>
        secondsToTrip(fault, { setting, callsPerSecond, open, seed: seed + i }),
      )
      return quantile(trials, 0.5)
    }
    return {
      setting: setting.name,
      refusedSeconds: seconds('refused'),
      hangingSeconds: seconds('hanging'),
      failingSeconds: seconds('failing'),
      slowSeconds: seconds('slow'),
      falsePerHour: falsePerHour({ setting, callsPerSecond, open, seed }),
    }
  })
}

interface Trial {
  readonly setting: DetectionSetting
  readonly callsPerSecond: number
  readonly open: OpenWatch
  readonly seed: number
}

function secondsToTrip(fault: Fault, { setting, callsPerSecond, open, seed }: Trial): number {
  const agenda = new Agenda()
  const random = seededRandom(seed)
  const trips: number[] = []
  const watch = open(setting, random, () => {
    if (agenda.nowMs >= HEALTHY_MS) trips.push(agenda.nowMs - HEALTHY_MS)
  })
  keepCalling(
    agenda,
    random,
    callsPerSecond,
    () => watch,
    (nowMs) => (nowMs < HEALTHY_MS ? ordinaryCall(random, false) : faultyCall(random, fault)),
  )
  for (let atMs = 0; trips.length === 0 && atMs <= HEALTHY_MS + WATCHED_MS; atMs += SECOND_MS)
    agenda.runUntil(atMs)
  return (trips[0] ?? Infinity) / SECOND_MS
}

function falsePerHour({ setting, callsPerSecond, open, seed }: Trial): number {
  const agenda = new Agenda()
  const random = seededRandom(seed)
  const hiccups = seededRandom(seed + 1)
  let trips = 0
  let hiccupFromMs = untilNextMs(hiccups, BETWEEN_HICCUPS_MS)
  let watchedFromMs = 0
  // Its way back is another matter: afterwards it is watched as if it had just come.
  const openNext = (): Watch =>
    open(setting, random, () => {
      trips++
      watchedFromMs = agenda.nowMs + OUT_MS
      watch = openNext()
    })
  let watch = openNext()
  const watchNow = (): Watch => (agenda.nowMs >= watchedFromMs ? watch : UNWATCHED)
  keepCalling(agenda, random, callsPerSecond, watchNow, (nowMs) => {
    if (nowMs > hiccupFromMs + HICCUP_MS) hiccupFromMs = nowMs + untilNextMs(hiccups, BETWEEN_HICCUPS_MS)
    return ordinaryCall(random, nowMs >= hiccupFromMs)
  })
  const forMs = (WATCHED_CALLS / callsPerSecond) * SECOND_MS
  agenda.runUntil(forMs)
  return (trips / forMs) * HOUR_MS
}

function keepCalling(
  agenda: Agenda,
  random: Random,
  callsPerSecond: number,
  watchNow: () => Watch,
  callAt: (nowMs: number) => Call,
): void {
  agenda.after(untilNextMs(random, SECOND_MS / callsPerSecond), () => {
    const { ok, tookMs } = callAt(agenda.nowMs)
    const ended = watchNow().began(agenda.nowMs)
    agenda.after(tookMs, () => ended({ ok, tookMs }, agenda.nowMs))
    keepCalling(agenda, random, callsPerSecond, watchNow, callAt)
  })
}

function ordinaryCall(random: Random, isHiccup: boolean): Call {
  const roll = random.next()
  if (isHiccup) {
    const ok = roll >= HICCUP_FAILING_SHARE
    return { ok, tookMs: ok ? between(random, HICCUP_CALL_MS.from, HICCUP_CALL_MS.to) : REFUSED_MS }
  }
  if (roll < FAILING_SHARE) return { ok: false, tookMs: REFUSED_MS }
  if (roll < FAILING_SHARE + SLOW_SHARE)
    return { ok: true, tookMs: between(random, SLOW_CALL_MS.from, SLOW_CALL_MS.to) }
  return { ok: true, tookMs: untilNextMs(random, MEAN_CALL_MS) }
}

function faultyCall(random: Random, fault: Fault): Call {
  switch (fault) {
    case 'refused':
      return { ok: false, tookMs: REFUSED_MS }
    case 'hanging':
      return { ok: false, tookMs: TIMEOUT_MS }
    case 'failing':
      return random.next() < FAULTY_SHARE ? { ok: false, tookMs: REFUSED_MS } : ordinaryCall(random, false)
    case 'slow':
      return { ok: true, tookMs: FAULTY_SLOW_MS }
    default:
      return unreachable(fault)
  }
}

function openEjector(setting: DetectionSetting, random: Random, onTrip: () => void): Watch {
  const options: OutlierOptions = {
    ...DEFAULT_OUTLIER,
    failuresInRow: setting.failuresInRow ?? DEFAULT_OUTLIER.failuresInRow,
    rates: { ...DEFAULT_OUTLIER.rates, ...setting.rates },
  }
  const ejector = new OutlierEjector(random, options, ({ kind }) => {
    if (kind === 'ejected') onTrip()
  })
  // A second one, or the cap would spare the only one there is.
  ejector.watch(['watched', 'other'])
  return {
    began(nowMs) {
      ejector.began('watched', nowMs)
      return (end, endMs) => ejector.ended('watched', end, endMs)
    },
  }
}

function openBreaker(setting: DetectionSetting, random: Random, onTrip: () => void): Watch {
  const options: BreakerOptions = {
    failures: setting.failuresInRow ?? DEFAULT_OUTLIER.failuresInRow,
    baseMs: DEFAULT_OUTLIER.baseMs,
    maxMs: DEFAULT_OUTLIER.maxMs,
    probeMs: DEFAULT_OUTLIER.probeMs,
    rates: { ...DEFAULT_OUTLIER.rates, ...setting.rates },
  }
  const breaker = new CircuitBreaker(options, random, ({ from, to }) => {
    if (from === 'closed' && to === 'open') onTrip()
  })
  return {
    began(nowMs) {
      const call = breaker.begin(nowMs)
      return ({ ok }, endMs) => (ok ? call?.succeeded(endMs) : call?.failed(endMs))
    },
  }
}
