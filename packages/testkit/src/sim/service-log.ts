import type { LogRecord } from '@skein/server'
import { positionKey } from '../history/log-index.ts'
import type {
  HealthDue,
  HealthSample,
  LimitDue,
  Moves,
  Recovery,
  ServiceRecord,
  Span,
  Unbroken,
} from '../history/service.ts'
import type { AnswerLog } from './answer-log.ts'
import type { SimNode } from './sim-node.ts'
import { ANSWERED_WITHIN_MS } from './stories/bounds.ts'
import type { VirtualTime } from './virtual-time.ts'

const SAMPLE_MS = 250

/** Writes down how well clients were served, and what each moment of the run promised them. */
export class ServiceLog {
  readonly #time: VirtualTime
  readonly #acceptedAtMs: Record<string, number> = {}
  readonly #unbroken: Unbroken[] = []
  readonly #moves: Moves[] = []
  readonly #health: HealthSample[] = []
  readonly #healthDue: HealthDue[] = []
  readonly #limits: LimitDue[] = []
  readonly #recoveries: Recovery[] = []
  readonly #softShut: Span[] = []
  #deliveryFromMs = Infinity
  #deliveryBoundMs = Infinity

  constructor(time: VirtualTime) {
    this.#time = time
  }

  accepted(records: readonly LogRecord[]): void {
    for (const { conversation, event } of records)
      this.#acceptedAtMs[`${conversation} ${positionKey(event)}`] ??= this.#time.nowMs
  }

  /** From now on what is accepted arrives within this; what was accepted before as if it were accepted now. */
  promiseDelivery(boundMs: number): void {
    this.#deliveryFromMs = this.#time.nowMs
    this.#deliveryBoundMs = boundMs
  }

  /** From now on; the answer ends it. */
  promiseConnections(promise: Unbroken['promise'], boundMs: number, why: string): () => void {
    const fromMs = this.#time.nowMs
    return () => void this.#unbroken.push({ promise, fromMs, toMs: this.#time.nowMs, boundMs, why })
  }

  /** From `afterMs` on until the answer is called. */
  promiseHealth(node: string, must: HealthDue['must'], afterMs: number, why: string): () => void {
    const fromMs = this.#time.nowMs + afterMs
    return () => void this.#healthDue.push({ node, must, fromMs, toMs: this.#time.nowMs, why })
  }

  /** Of each user; the terms are asked for at the end, which the answer tells. */
  promiseLimit(terms: () => Omit<LimitDue, 'fromMs' | 'toMs'>): () => void {
    const fromMs = this.#time.nowMs
    return () => void this.#limits.push({ ...terms(), fromMs, toMs: this.#time.nowMs })
  }

  recovered(recovery: Recovery): void {
    this.#recoveries.push(recovery)
  }

  /** In this time sends were turned away, so that whatever is less important had to be. */
  softWasShut(span: Span): void {
    this.#softShut.push(span)
  }

  moved(moves: Moves): void {
    this.#moves.push(moves)
  }

  watchHealth(nodes: readonly SimNode[]): void {
    this.sampleHealth(nodes)
    this.#time.after(SAMPLE_MS, () => this.watchHealth(nodes))
  }

  sampleHealth(nodes: readonly SimNode[]): void {
    for (const { name, health, sessions } of nodes) {
      if (health === undefined) continue
      const { ready, degraded, reasons } = health
      this.#health.push({ node: name, atMs: this.#time.nowMs, ready, degraded, reasons, sessions })
    }
  }

  finish(answers?: AnswerLog, misled: readonly string[] = []): ServiceRecord {
    return {
      endMs: this.#time.nowMs,
      acceptedAtMs: this.#acceptedAtMs,
      delivery: { fromMs: this.#deliveryFromMs, boundMs: this.#deliveryBoundMs },
      unbroken: this.#unbroken,
      moves: this.#moves,
      sendsMustNotFail: true,
      health: this.#health,
      healthDue: this.#healthDue,
      limits: this.#limits,
      recoveries: this.#recoveries,
      misled,
      ...(answers !== undefined && {
        answers: { boundMs: ANSWERED_WITHIN_MS, records: answers.finish() },
        soft: { shut: this.#softShut, toldAtMs: answers.typingToldAtMs },
      }),
    }
  }
}
