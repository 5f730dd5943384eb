import { type Clock, SkeinError, type Timers } from '@skein/core'
import { gcra, type RateLimit } from '@skein/resilience'

export interface BatcherOptions<Key, Value> {
  /** One value per key, in order. */
  readonly load: (keys: readonly Key[]) => Promise<readonly Value[]>
  readonly timers: Timers
  readonly maxBatch: number
  /** Batches under way at once. */
  readonly maxInFlight: number
  /** Keys that wait; one more is refused as `overloaded`. */
  readonly maxWaiting: number
  /** Batches that are not full begin at most this often: what comes in a storm gathers in few. */
  readonly pace?: { readonly limit: RateLimit; readonly clock: Pick<Clock, 'monotonicMs'> }
}

type Waiting<Key, Value> = {
  readonly key: Key
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

/** Gathers single questions into few round trips: those of one loop turn, and all that come while the store is busy. */
export class Batcher<Key, Value> {
  readonly #options: BatcherOptions<Key, Value>
  #waiting: Waiting<Key, Value>[] = []
  #inFlight = 0
  #scheduled = false
  #gathering = false
  #theoreticalArrivalMs = 0

  constructor(options: BatcherOptions<Key, Value>) {
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Refused since the start, because too many waited. */
  refused = 0

  load(key: Key): Promise<Value> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      this.refused++
      return Promise.reject(
        new SkeinError('overloaded', 'too many reads are waiting for the store', {
          remedy: 'retry',
          retryAfterMs: 1_000,
        }),
      )
    }
    return new Promise<Value>((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.timers.afterTurn(() => {
      this.#scheduled = false
      while (this.#waiting.length > 0 && this.#inFlight < this.#options.maxInFlight && this.#mayBegin()) {
        void this.#run(this.#waiting.splice(0, this.#options.maxBatch))
      }
    })
  }

  /** A full batch gains nothing by waiting. One that is not goes later when there were many just now. */
  #mayBegin(): boolean {
    const { pace, maxBatch, timers } = this.#options
    if (pace === undefined || this.#waiting.length >= maxBatch) return true
    const verdict = gcra(pace.limit, this.#theoreticalArrivalMs, pace.clock.monotonicMs())
    this.#theoreticalArrivalMs = verdict.theoreticalArrivalMs
    if (verdict.admitted) return true
    if (this.#gathering) return false
    this.#gathering = true
    timers.after(verdict.retryAfterMs, () => {
      this.#gathering = false
      this.#schedule()
    })
    return false
  }

  async #run(batch: readonly Waiting<Key, Value>[]): Promise<void> {
    this.#inFlight++
    try {
      const values = await this.#options.load(batch.map((waiting) => waiting.key))
      for (const [index, waiting] of batch.entries()) waiting.resolve(values[index] as Value)
    } catch (error) {
      for (const waiting of batch) waiting.reject(error)
    } finally {
      this.#inFlight--
      if (this.#waiting.length > 0) this.#schedule()
    }
  }
}
