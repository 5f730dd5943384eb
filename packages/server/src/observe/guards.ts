/** Something that protects the node, as an operator sees it: what it does now, and why. */
export interface GuardStatus {
  /** What it stands before: `database.commits`, `redis.limits`, `admission`… */
  readonly name: string
  readonly kind: 'breaker' | 'bulkhead' | 'concurrency' | 'admission' | 'limit' | 'queue'
  /** `acting`: it turns something away now, or makes it wait. A breaker tells its own states. */
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

/** From here on a queue is worth a word before anything is turned away. The others are often full, and should be. */
const NEARLY_FULL = 0.8
/** A node that is in so much trouble is told of, not each of its troubles. */
const MOST_TOLD = 8

/** What somebody should look at: what acts now, and queues that are about to. Breakers first. */
export const guardsToTell = (guards: readonly GuardStatus[]): readonly GuardStatus[] =>
  guards
    .filter((guard) => acts(guard) || isNearlyFull(guard))
    .sort((one, other) => Number(other.kind === 'breaker') - Number(one.kind === 'breaker'))
    .slice(0, MOST_TOLD)

const acts = ({ state }: GuardStatus): boolean => state !== 'idle' && state !== 'closed'

const isNearlyFull = ({ kind, used, bound }: GuardStatus): boolean =>
  kind === 'queue' && used !== undefined && bound !== undefined && bound > 0 && used / bound >= NEARLY_FULL

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
