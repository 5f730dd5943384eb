import type { MessageLimits, SendVerdict } from './message-limits.ts'
import type { QuotaPool } from './quota-pool.ts'
import type { LimitRefusal } from './rate-limits.ts'

/** A send that waits for quota is refused after this; usually a slice comes within a few milliseconds. */
export const MAX_HOLD_MS = 1_000

interface Held {
  readonly sinceMs: number
  /** Undefined: it may go. */
  readonly onAnswer: (refusal: LimitRefusal | undefined) => void
}

/** The sends of one session. What waits for quota keeps its place: nothing overtakes it. */
export class MessageSender {
  readonly #limits: MessageLimits
  readonly keys: readonly (string | undefined)[]
  pools: readonly QuotaPool[] = []
  era = -1
  /** Bounded by the sends that a session may have under way. */
  #held: Held[] = []

  constructor(limits: MessageLimits, keys: readonly (string | undefined)[]) {
    this.#limits = limits
    this.keys = keys
  }

  get held(): number {
    return this.#held.length
  }

  /** `wait`: give it to `hold`. */
  take(nowMs: number): SendVerdict {
    return this.#held.length > 0 ? 'wait' : this.#limits.decide(this, nowMs)
  }

  hold(nowMs: number, onAnswer: Held['onAnswer']): void {
    this.#held.push({ sinceMs: nowMs, onAnswer })
    this.#limits.wakeLater(this)
  }

  /** Lets go of what has its quota now. True: nothing is held any more. */
  wake(nowMs: number): boolean {
    for (;;) {
      const [first] = this.#held
      if (first === undefined) return true
      const verdict = this.#limits.decide(this, nowMs)
      if (verdict === 'admitted') {
        this.#held.shift()
        first.onAnswer(undefined)
      } else if (verdict !== 'wait') {
        this.#refuseAll(verdict)
      } else if (nowMs - first.sinceMs >= MAX_HOLD_MS) {
        this.#refuseAll(this.#limits.tooLate())
      } else return false
    }
  }

  /** With the first all behind it: they come again in order. */
  #refuseAll(refusal: LimitRefusal): void {
    const held = this.#held
    this.#held = []
    for (const { onAnswer } of held) onAnswer(refusal)
  }
}
