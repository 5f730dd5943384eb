/** One message that a user wanted to send. */
export interface Wish {
  readonly serial: number
  readonly clientId: string
  readonly wantedAtMs: number
  /** The last time. */
  sentAtMs: number
}

/** What the server answered instead of an acknowledgement. */
export interface ServerRefusal {
  readonly code: string
  readonly retryAfterMs: number | undefined
}

/** To be sent now: in one message, as the SDK does. */
export interface Outgoing {
  readonly wish: Wish
  /** The preceding one that is not durable yet. */
  readonly after: Wish | undefined
}

/** What one user's client does with what its user wants to send into one conversation. */
export interface UserOutbox {
  /** False: it holds too much already, its user has to wait. */
  want(wish: Wish): boolean
  take(nowMs: number): readonly Outgoing[]
  /** Undefined: nobody waits for that. */
  acked(serial: number): Wish | undefined
  /** False: nobody waits for that answer any more. */
  refused(serial: number, refusal: ServerRefusal, nowMs: number): boolean
  /** When it may send again; undefined: as soon as there is something, or an answer. */
  readonly blockedUntilMs: number | undefined
  /** Lets go of what was not sent, and will send nothing again. */
  giveUp(): void
  readonly underWay: number
}

/** As in the SDK's outbox (`packages/sdk/src/outbox/queue.ts`). */
const IN_FLIGHT = 64
/** Unsent messages of one conversation; an app that shows more than that unsent has long told its user. */
export const MOST_WAITING = 64
const NOT_TOLD_RETRY_MS = 1_000

/** Keeps the order, sends nothing before the moment that it was told, then one, and then all that fits: as the SDK does. */
export class PatientOutbox implements UserOutbox {
  /** In order; the first `#sent` of them are under way. */
  readonly #wishes: Wish[] = []
  #sent = 0
  #blockedUntilMs = 0
  /** After a refusal one goes alone: as the SDK does. */
  #probe: 'none' | 'due' | number = 'none'
  #isOver = false

  get underWay(): number {
    return this.#sent
  }

  get blockedUntilMs(): number | undefined {
    return this.#wishes.length > this.#sent ? this.#blockedUntilMs : undefined
  }

  want(wish: Wish): boolean {
    if (this.#wishes.length >= MOST_WAITING) return false
    this.#wishes.push(wish)
    return true
  }

  take(nowMs: number): readonly Outgoing[] {
    if (this.#isOver || nowMs < this.#blockedUntilMs) return []
    const taken: Outgoing[] = []
    if (typeof this.#probe === 'number') return []
    const most = this.#probe === 'due' ? this.#sent + 1 : IN_FLIGHT
    while (this.#sent < most) {
      const wish = this.#wishes[this.#sent]
      if (wish === undefined) break
      wish.sentAtMs = nowMs
      taken.push({ wish, after: this.#wishes[this.#sent - 1] })
      this.#sent++
      if (this.#probe === 'due') this.#probe = wish.serial
    }
    return taken
  }

  acked(serial: number): Wish | undefined {
    const index = this.#indexOf(serial, this.#wishes.length)
    if (index === -1) return undefined
    if (index < this.#sent) this.#sent--
    if (this.#probe === serial) this.#probe = 'none'
    return this.#wishes.splice(index, 1)[0]
  }

  /** Those behind it named it, or one behind it: they go again too. */
  refused(serial: number, { code, retryAfterMs = NOT_TOLD_RETRY_MS }: ServerRefusal, nowMs: number): boolean {
    const index = this.#indexOf(serial, this.#sent)
    if (index === -1) return false
    this.#sent = code === 'outOfOrder' ? 0 : index
    if (this.#isOver) this.#wishes.length = this.#sent
    this.#probe = code === 'outOfOrder' ? 'none' : 'due'
    if (nowMs >= this.#blockedUntilMs) this.#blockedUntilMs = nowMs + retryAfterMs
    return true
  }

  giveUp(): void {
    this.#isOver = true
    this.#wishes.length = this.#sent
  }

  #indexOf(serial: number, end: number): number {
    for (let index = 0; index < end; index++) if (this.#wishes[index]?.serial === serial) return index
    return -1
  }
}

/** Sends whatever its user wants at once, whatever it was told; tries once. */
export class RudeOutbox implements UserOutbox {
  readonly #underWay = new Map<number, Wish>()
  readonly blockedUntilMs = undefined
  #wishes: Wish[] = []

  get underWay(): number {
    return this.#underWay.size
  }

  want(wish: Wish): boolean {
    this.#wishes.push(wish)
    return true
  }

  take(nowMs: number): readonly Outgoing[] {
    const wishes = this.#wishes
    this.#wishes = []
    return wishes.map((wish) => {
      wish.sentAtMs = nowMs
      this.#underWay.set(wish.serial, wish)
      return { wish, after: undefined }
    })
  }

  acked(serial: number): Wish | undefined {
    const wish = this.#underWay.get(serial)
    this.#underWay.delete(serial)
    return wish
  }

  refused(serial: number): boolean {
    return this.#underWay.delete(serial)
  }

  giveUp(): void {
    this.#wishes = []
  }
}
