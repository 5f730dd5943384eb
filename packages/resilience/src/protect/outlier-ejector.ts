import type { Random } from '@skein/core'
import type { Endpoint } from '../balance/endpoint.ts'
import { brokenBound, countCall, isSlow, NO_WINDOW, recentCalls, type CallEnd } from '../call-window.ts'
import {
  checkOutlier,
  DEFAULT_OUTLIER,
  ejectionCap,
  ejectionMs,
  outlierBound,
  type EjectionReason,
  type OutlierChange,
  type OutlierOptions,
  type Standing,
} from './outlier.ts'

/** What is known of one endpoint. Opaque: only to be given back. */
export type OutlierMemory = Subject

interface Subject {
  standing: Standing
  /** Ejections of late: one is forgotten for each `baseMs` that it is in again. */
  ejections: number
  returnedAtMs: number | undefined
}

const newcomer = (): Subject => ({
  standing: { name: 'in', failures: 0, recent: NO_WINDOW },
  ejections: 0,
  returnedAtMs: undefined,
})

/**
 * Takes endpoints that fail, are slow, or do worse than the others out for a while, and back through a
 * single probe. Passive: it is told how calls (handshakes, requests, checks) end; a session's lifetime is
 * no response time. Moments are monotonic milliseconds.
 * Source: Envoy, "Outlier detection"; the probe and slow calls as in a circuit breaker (`breaker.ts`).
 */
export class OutlierEjector {
  readonly #options: OutlierOptions
  readonly #random: Random
  readonly #onChange: (change: OutlierChange) => void
  #subjects = new Map<string, Subject>()

  /** @throws OptionError by name and value. */
  constructor(
    random: Random,
    options: OutlierOptions = DEFAULT_OUTLIER,
    onChange: (change: OutlierChange) => void = () => {},
  ) {
    checkOutlier(options)
    this.#options = options
    this.#random = random
    this.#onChange = onChange
  }

  /** These are all there are: tell it before the first call and whenever it changes. Others are forgotten. */
  watch(ids: Iterable<string>): void {
    const known = this.#subjects
    this.#subjects = new Map([...ids].map((id) => [id, known.get(id) ?? newcomer()]))
  }

  /** To be kept by whoever expects it back; `watch` forgets it. */
  memoryOf(id: string): OutlierMemory | undefined {
    return this.#subjects.get(id)
  }

  /** It is the very one that was here before: who comes and goes is not forgiven for it. After `watch`. */
  recall(id: string, memory: OutlierMemory): void {
    if (this.#subjects.has(id)) this.#subjects.set(id, memory)
  }

  standing(id: string): Standing | undefined {
    return this.#subjects.get(id)?.standing
  }

  /** Whether a call may go there now: it is in, or its probe is due. */
  admits(id: string, nowMs: number): boolean {
    const standing = this.standing(id)
    return standing === undefined || standing.name === 'in' || nowMs >= standing.untilMs
  }

  /** A call goes there. When it is due, this is the probe: nobody else is admitted until its end is told. */
  began(id: string, nowMs: number): void {
    const subject = this.#subjects.get(id)
    if (subject === undefined || subject.standing.name === 'in' || !this.admits(id, nowMs)) return
    subject.standing = { name: 'probing', untilMs: nowMs + this.#options.probeMs }
    this.#onChange({ kind: 'probing', id, atMs: nowMs })
  }

  /** A call there ended. What began before an ejection tells nothing new while it is ejected. */
  ended(id: string, end: CallEnd, nowMs: number): void {
    const subject = this.#subjects.get(id)
    if (subject === undefined) return
    const { standing } = subject
    const { rates, failuresInRow } = this.#options
    switch (standing.name) {
      case 'in': {
        const failures = end.ok ? 0 : standing.failures + 1
        const recent = countCall(standing.recent, end, nowMs, rates)
        subject.standing = { name: 'in', failures, recent }
        const reason = failures >= failuresInRow ? 'failuresInRow' : brokenBound(recent, nowMs, rates)
        if (reason !== undefined) this.#tryEject(id, subject, reason, nowMs)
        return
      }
      case 'probing': {
        if (!end.ok) return this.#eject(id, subject, 'probeFailed', nowMs)
        if (isSlow(end, rates)) return this.#eject(id, subject, 'probeSlow', nowMs)
        subject.standing = newcomer().standing
        subject.returnedAtMs = nowMs
        return this.#onChange({ kind: 'returned', id, atMs: nowMs })
      }
      case 'ejected':
        return
    }
  }

  /** Compares the endpoints with each other. Call it about once in `rates.windowMs` ÷ 2. */
  compare(nowMs: number): void {
    const { rates } = this.#options
    const compared: { id: string; subject: Subject; share: number }[] = []
    for (const [id, subject] of this.#subjects) {
      if (subject.standing.name !== 'in') continue
      const { calls, failures } = recentCalls(subject.standing.recent, nowMs, rates)
      if (calls >= rates.minimumCalls) compared.push({ id, subject, share: 1 - failures / calls })
    }
    const bound = outlierBound(
      compared.map(({ share }) => share),
      this.#options,
    )
    if (bound === undefined) return
    const worst = compared.filter(({ share }) => share < bound).sort((a, b) => a.share - b.share)
    for (const { id, subject } of worst) this.#tryEject(id, subject, 'worseThanOthers', nowMs)
  }

  /** The endpoints as they stand: ejected where they are, and slow-started from their return. */
  apply<E extends Endpoint>(endpoints: readonly E[], nowMs: number): E[] {
    return endpoints.map((endpoint) => {
      const subject = this.#subjects.get(endpoint.id)
      if (subject === undefined) return endpoint
      const isOut = endpoint.state === 'healthy' && !this.admits(endpoint.id, nowMs)
      const state = isOut ? 'ejected' : endpoint.state
      // One that is due is given as little as one that has just returned: its probe.
      const returnedAtMs = subject.standing.name === 'in' ? subject.returnedAtMs : nowMs
      const readySinceMs = later(endpoint.readySinceMs, returnedAtMs)
      return { ...endpoint, state, readySinceMs }
    })
  }

  #tryEject(id: string, subject: Subject, reason: EjectionReason, nowMs: number): void {
    let out = 0
    for (const { standing } of this.#subjects.values()) if (standing.name !== 'in') out++
    if (out < ejectionCap(this.#options, this.#subjects.size)) {
      return this.#eject(id, subject, reason, nowMs)
    }
    // Counted anew, or it would be told at each further call.
    subject.standing = newcomer().standing
    this.#onChange({ kind: 'spared', id, reason, atMs: nowMs })
  }

  #eject(id: string, subject: Subject, reason: EjectionReason, nowMs: number): void {
    const { returnedAtMs, standing } = subject
    const isRepeated = standing.name !== 'in' || returnedAtMs === undefined
    const forgotten = isRepeated ? 0 : Math.floor((nowMs - returnedAtMs) / this.#options.baseMs)
    subject.ejections = Math.max(0, subject.ejections - forgotten) + 1
    const untilMs = nowMs + ejectionMs(this.#options, subject.ejections, this.#random.next())
    subject.standing = { name: 'ejected', untilMs, reason }
    this.#onChange({ kind: 'ejected', id, reason, atMs: nowMs, untilMs })
  }
}

const later = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
