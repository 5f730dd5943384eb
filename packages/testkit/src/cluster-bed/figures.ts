import type { SendRecord, Violation } from '../history/history.ts'
import type { FaultMark } from './fault-mark.ts'
import type { SessionTrace } from './clients/session-tracer.ts'

/** What a run measured. Times in milliseconds. */
export interface Figures {
  readonly sends: number
  readonly acknowledged: number
  /** Events that apps were told. */
  readonly deliveries: number
  /** Acknowledged or delivered elsewhere, and missing somewhere (P1, P4). */
  readonly lost: number
  /** P2. */
  readonly duplicates: number
  /** P3. */
  readonly orderViolations: number
  /** What an app was told to have failed. */
  readonly failedSends: number
  /** Sessions hit by a fault: from the fault to the first event received again. */
  readonly resumeMsP50: number
  readonly resumeMsP99: number
  readonly resumeMsMax: number
  /** The same for sessions that no fault hit: how long the next event takes anyway. */
  readonly controlMsP99: number
  /** The longest time that any session had no live connection, between its first and the end. */
  readonly maxGapMs: number
  /** Connections that ended while there was none to take over. */
  readonly disconnects: number
  /** From `send` to the recipient's app. */
  readonly deliveryMsP50: number
  readonly deliveryMsP99: number
  readonly deliveryMsMax: number
}

export interface Run {
  readonly traces: readonly SessionTrace[]
  readonly faults: readonly FaultMark[]
  /** Talking went on between these. */
  readonly fromMs: number
  readonly untilMs: number
  readonly sends: readonly SendRecord[]
  readonly violations: readonly Violation[]
}

export function figuresOf(run: Run): Figures {
  const { traces, sends, violations } = run
  const { resumeMs, controlMs } = resumeTimes(run)
  const gapsMs = traces.flatMap((trace) => gaps(trace, sinceMs(trace, run.fromMs), run.untilMs))
  const latencyMs = traces.flatMap(({ latencyMs }) => latencyMs.filter((one) => !Number.isNaN(one)))
  const broken = (...promises: readonly Violation['promise'][]): number =>
    violations.filter(({ promise }) => promises.includes(promise)).length
  return {
    sends: sends.length,
    acknowledged: sends.filter(({ acked }) => acked).length,
    deliveries: traces.reduce((sum, { arrivedMs }) => sum + arrivedMs.length, 0),
    lost: broken('P1', 'P4'),
    duplicates: broken('P2'),
    orderViolations: broken('P3'),
    failedSends: sends.filter(({ failed }) => failed !== undefined).length,
    resumeMsP50: quantile(resumeMs, 0.5),
    resumeMsP99: quantile(resumeMs, 0.99),
    resumeMsMax: quantile(resumeMs, 1),
    controlMsP99: quantile(controlMs, 0.99),
    maxGapMs: Math.max(0, ...gapsMs),
    disconnects: gapsMs.length,
    deliveryMsP50: quantile(latencyMs, 0.5),
    deliveryMsP99: quantile(latencyMs, 0.99),
    deliveryMsMax: quantile(latencyMs, 1),
  }
}

/** Those that a report wants to show, in its order. */
export const pickFigures = (
  figures: Figures,
  names: readonly (keyof Figures)[],
): Readonly<Record<string, number>> => Object.fromEntries(names.map((name) => [name, figures[name]]))

/** 0 of nothing. The smallest value that at least this share does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

function resumeTimes({ traces, faults, untilMs }: Run): { resumeMs: number[]; controlMs: number[] } {
  const resumeMs: number[] = []
  const controlMs: number[] = []
  for (const fault of faults) {
    for (const trace of traces) {
      if (trace.bornMs > fault.atMs) continue
      const hit = isHit(trace, fault)
      const fromMs = hit ? servedAgainMs(trace, fault) : fault.atMs
      const firstMs = trace.arrivedMs.find((atMs) => atMs > fromMs)
      // Nothing at all until the end counts as the whole time.
      const tookMs = (firstMs ?? Math.max(untilMs, fromMs)) - fault.atMs
      ;(hit ? resumeMs : controlMs).push(tookMs)
    }
  }
  return { resumeMs, controlMs }
}

/** Its connection at that moment was to the node that was hit. */
export const isHit = ({ connections }: SessionTrace, { hits, atMs }: FaultMark): boolean =>
  hits === 'all' ||
  (hits !== undefined &&
    connections.some(
      ({ node, liveMs = Infinity, endedMs = Infinity }) => node === hits && liveMs <= atMs && endedMs > atMs,
    ))

/** What was still on its way to the client when the fault came is no sign of life: the next connection is. */
function servedAgainMs({ connections }: SessionTrace, { hits, atMs }: FaultMark): number {
  // A fault that all share, or that passed, may leave the connection where it is.
  return hits === 'all' ? atMs : (nextLiveMs({ connections }, atMs) ?? atMs)
}

/** When the first connection came to life that did not live before. */
export const nextLiveMs = (
  { connections }: Pick<SessionTrace, 'connections'>,
  afterMs: number,
): number | undefined => connections.find(({ liveMs = 0 }) => liveMs > afterMs)?.liveMs

/** Who came later has no gaps before it was there. */
const sinceMs = ({ bornMs, connections }: SessionTrace, fromMs: number): number =>
  bornMs <= fromMs ? fromMs : (connections.find(({ liveMs }) => liveMs !== undefined)?.liveMs ?? bornMs)

/** Times without any live connection. */
export function gaps({ connections }: SessionTrace, fromMs: number, untilMs: number): number[] {
  const lives = connections
    .flatMap(({ liveMs, endedMs = Infinity }) =>
      liveMs === undefined ? [] : [{ fromMs: liveMs, untilMs: endedMs }],
    )
    .toSorted((a, b) => a.fromMs - b.fromMs)
  const found: number[] = []
  let liveUntilMs = fromMs
  for (const life of lives) {
    if (life.untilMs <= fromMs) continue
    if (life.fromMs >= untilMs) break
    if (life.fromMs > liveUntilMs) found.push(life.fromMs - liveUntilMs)
    liveUntilMs = Math.max(liveUntilMs, life.untilMs)
  }
  if (liveUntilMs < untilMs) found.push(untilMs - liveUntilMs)
  return found
}
