import type { Clock } from '@skein/core'
import { headroomOf } from './headroom.ts'
import type { LoadReport } from './node-record.ts'
import { rateAfter } from './rate.ts'

/** What the process tells about itself; `system-process.ts` reads it from Node. */
export interface ProcessGauges {
  /** Since the last call. */
  loopLagP99Ms(): number
  /** CPU time used since the process began. */
  cpuMs(): number
  rssBytes(): number
  /** 0: unlimited. */
  readonly rssLimitBytes: number
}

/** What the node knows at the moment of the report. */
export interface NodeGauges {
  readonly sessions: number
  readonly maxSessions: number
  /** 0: unlimited. */
  readonly acceptLimitPerSecond: number
  readonly queueWaitMs: number
  readonly busLagMs: number | null
  readonly path: LoadReport['path']
  readonly probeOkAgeMs: number | null
  /** Counted since the node started. */
  readonly accepted: number
  readonly messages: number
}

const RATE_HALF_LIFE_MS = 3_000
/** Shorter than the rates': a node that is busy now should not be sent more. */
const CPU_HALF_LIFE_MS = 1_500

/** Makes the load report. Its rates and shares are over the time between reports, smoothed. */
export class LoadMeter {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #process: ProcessGauges
  #atMs: number
  #cpuMs: number
  #accepted = 0
  #messages = 0
  #acceptedPerSecond = 0
  #messagesPerSecond = 0
  #cpu = 0

  constructor(clock: Pick<Clock, 'monotonicMs'>, gauges: ProcessGauges) {
    this.#clock = clock
    this.#process = gauges
    this.#atMs = clock.monotonicMs()
    this.#cpuMs = gauges.cpuMs()
  }

  report(node: NodeGauges): LoadReport {
    this.#move(node)
    const { accepted: _accepted, messages: _messages, ...told } = node
    const report = {
      ...told,
      acceptedPerSecond: this.#acceptedPerSecond,
      messagesPerSecond: this.#messagesPerSecond,
      loopLagP99Ms: this.#process.loopLagP99Ms(),
      cpu: this.#cpu,
      rssBytes: this.#process.rssBytes(),
      rssLimitBytes: this.#process.rssLimitBytes,
    }
    return { ...report, ...headroomOf(report) }
  }

  #move({ accepted, messages }: NodeGauges): void {
    const nowMs = this.#clock.monotonicMs()
    const elapsedMs = nowMs - this.#atMs
    if (elapsedMs <= 0) return
    const cpuMs = this.#process.cpuMs()
    const rate = (before: number, count: number): number =>
      rateAfter(before, count, elapsedMs, RATE_HALF_LIFE_MS)
    this.#acceptedPerSecond = rate(this.#acceptedPerSecond, accepted - this.#accepted)
    this.#messagesPerSecond = rate(this.#messagesPerSecond, messages - this.#messages)
    this.#cpu = rateAfter(this.#cpu, (cpuMs - this.#cpuMs) / 1_000, elapsedMs, CPU_HALF_LIFE_MS)
    this.#atMs = nowMs
    this.#cpuMs = cpuMs
    this.#accepted = accepted
    this.#messages = messages
  }
}
