import type { Clock } from '@skein/core'
import { Counter, Gauge, Registry } from 'prom-client'
import { METRIC_GROUPS } from './catalog.ts'
import type { MetricDefinition, NodeFacts } from './definition.ts'

export interface Exposition {
  readonly contentType: string
  readonly text: string
}

/** Whoever asks more often gets the same answer: the load report is no younger either. */
const FRESH_MS = 1_000

/** What `GET /metrics` answers, in the text format of Prometheus. In a registry of its own: a process may have several nodes. */
export class NodeMetrics {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #facts: () => NodeFacts
  readonly #registry = new Registry()
  readonly #writers: readonly ((facts: NodeFacts) => void)[]
  #newest: { readonly atMs: number; readonly exposition: Promise<Exposition> } | undefined

  constructor(clock: Pick<Clock, 'monotonicMs'>, facts: () => NodeFacts) {
    this.#clock = clock
    this.#facts = facts
    this.#writers = METRIC_GROUPS.flatMap(({ metrics }) =>
      metrics.map((metric) => writerOf(metric, this.#registry)),
    )
  }

  read(): Promise<Exposition> {
    const nowMs = this.#clock.monotonicMs()
    if (this.#newest === undefined || nowMs - this.#newest.atMs >= FRESH_MS) {
      this.#newest = { atMs: nowMs, exposition: this.#write() }
    }
    return this.#newest.exposition
  }

  async #write(): Promise<Exposition> {
    const facts = this.#facts()
    for (const write of this.#writers) write(facts)
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }
}

/** The figures stand in the node's parts: they are copied here only when somebody asks. */
function writerOf(metric: MetricDefinition, registry: Registry): (facts: NodeFacts) => void {
  const { type, name, help, labels: labelNames, read } = metric
  const options = { name, help, labelNames: [...labelNames], registers: [registry] }
  const kept = type === 'counter' ? new Counter(options) : new Gauge(options)
  return (facts) => {
    kept.reset()
    // After a reset a metric without labels stands at 0, which would be said though nothing is known.
    if (labelNames.length === 0) kept.remove()
    for (const { value, labels = {} } of read(facts)) {
      if (Number.isFinite(value)) kept.inc({ ...labels }, value)
    }
  }
}
