/** Something that protects the node, as an operator sees it: what it does now, and why. */
export interface GuardStatus {
  /** What it stands before: `database.commits`, `redis.limits`, `admission`… */
  readonly name: string
  readonly kind: 'breaker' | 'bulkhead' | 'concurrency' | 'admission' | 'limit' | 'queue'
  /** `acting`: it turns something away now. A breaker tells its own states. */
  readonly state: 'idle' | 'acting' | 'closed' | 'open' | 'halfOpen'
  /** Why it is not idle or closed, in words. */
  readonly reason?: string
  /** How much of it is taken now, and how much there is at most, in `unit`. */
  readonly used?: number
  readonly bound?: number
  readonly unit?: string
  /** Turned away since the node started. */
  readonly refused: number
}

/** All guards of a node: the status and the metrics are read from here. */
export class Guards {
  readonly #sources: (() => readonly GuardStatus[])[] = []

  add(source: () => readonly GuardStatus[]): void {
    this.#sources.push(source)
  }

  list(): readonly GuardStatus[] {
    return this.#sources.flatMap((source) => source())
  }
}
