import type { Cancel, Runtime } from '@skein/core'
import { LIMITS, type ClientFrame, type Typing as TypingFrame } from '@skein/protocol'

const NOBODY: readonly string[] = []

/** Who is typing, here and there. Soft: nothing is repeated, nothing is stored. */
export class Typing {
  readonly #user: string
  readonly #runtime: Runtime
  readonly #send: (frame: ClientFrame) => boolean
  readonly #changed: (conversation: string, users: readonly string[]) => void
  readonly #others = new Map<string, Map<string, Cancel>>()
  readonly #lists = new Map<string, readonly string[]>()
  readonly #own = new Map<string, { saidAtMs: number; stop: Cancel }>()

  constructor(
    user: string,
    runtime: Runtime,
    send: (frame: ClientFrame) => boolean,
    changed: (conversation: string, users: readonly string[]) => void,
  ) {
    this.#user = user
    this.#runtime = runtime
    this.#send = send
    this.#changed = changed
  }

  usersIn(conversation: string): readonly string[] {
    return this.#lists.get(conversation) ?? NOBODY
  }

  /** A keystroke, or the end of them. */
  set(conversation: string, active: boolean): void {
    const own = this.#own.get(conversation)
    own?.stop()
    if (!active) {
      this.#own.delete(conversation)
      if (own !== undefined) this.#send({ t: 'typing', conversation, active: false })
      return
    }
    const nowMs = this.#runtime.clock.monotonicMs()
    const due = own === undefined || nowMs - own.saidAtMs >= LIMITS.typingEveryMs
    const said = due && this.#send({ t: 'typing', conversation, active: true })
    const stop = this.#runtime.timers.after(LIMITS.typingMs, () => this.set(conversation, false))
    this.#own.set(conversation, { saidAtMs: said ? nowMs : (own?.saidAtMs ?? -Infinity), stop })
  }

  /** The message itself tells others that its sender has stopped. */
  sent(conversation: string): void {
    this.#own.get(conversation)?.stop()
    this.#own.delete(conversation)
  }

  heard({ conversation, user, active }: TypingFrame): void {
    if (user === undefined || user === this.#user) return
    if (!active) return this.wrote(conversation, user)
    const users = this.#others.get(conversation) ?? new Map<string, Cancel>()
    this.#others.set(conversation, users)
    const known = users.get(user)
    known?.()
    users.set(
      user,
      this.#runtime.timers.after(LIMITS.typingMs, () => this.wrote(conversation, user)),
    )
    if (known === undefined) this.#tell(conversation)
  }

  /** This user has stopped, usually because the message is there. */
  wrote(conversation: string, user: string): void {
    const users = this.#others.get(conversation)
    const cancel = users?.get(user)
    if (users === undefined || cancel === undefined) return
    cancel()
    users.delete(user)
    if (users.size === 0) this.#others.delete(conversation)
    this.#tell(conversation)
  }

  stop(): void {
    for (const users of this.#others.values()) for (const cancel of users.values()) cancel()
    for (const { stop } of this.#own.values()) stop()
    this.#others.clear()
    this.#own.clear()
  }

  #tell(conversation: string): void {
    const users = [...(this.#others.get(conversation)?.keys() ?? [])]
    if (users.length === 0) this.#lists.delete(conversation)
    else this.#lists.set(conversation, users)
    this.#changed(conversation, this.usersIn(conversation))
  }
}
