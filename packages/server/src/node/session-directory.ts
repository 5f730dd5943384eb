import { randomInt, type Random } from '@skein/core'
import type { Session } from '../session/session.ts'

/** The sessions of a node: all of them, the newest of each client's instance, and those asked to leave. */
export class SessionDirectory {
  readonly #all = new Set<Session>()
  /** Only sessions whose client named its instance. */
  readonly #newest = new Map<string, Session>()
  readonly #asked = new Set<Session>()
  #opened = 0

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#all.values()
  }

  add(session: Session): void {
    session.ordinal = ++this.#opened
    this.#all.add(session)
  }

  remove(session: Session): void {
    this.#all.delete(session)
    this.#asked.delete(session)
    const { claim } = session
    if (claim !== undefined && this.#newest.get(claim) === session) this.#newest.delete(claim)
  }

  /**
   * The session was accepted and names its client's instance: of two of the same user and instance
   * the older one ends (HELLO8). A token check may take its time: the one that is accepted last need
   * not be the one that was opened last.
   */
  claim(session: Session, instance: string): void {
    const { app, user } = session.identity
    // The first two hold no space.
    const claim = `${app} ${user} ${instance}`
    session.claim = claim
    const held = this.#newest.get(claim)
    if (held !== undefined && held.ordinal > session.ordinal) {
      session.dispatch({ on: 'superseded' })
      return
    }
    this.#newest.set(claim, session)
    held?.dispatch({ on: 'superseded' })
  }

  /** Asked to migrate, still here, and within the time that they were given. */
  leaving(nowMs: number): number {
    let count = 0
    for (const { leaveByMs = 0 } of this.#asked) if (leaveByMs >= nowMs) count++
    return count
  }

  asked(session: Session): void {
    // To the end, so that the set is in the order in which they were asked last.
    this.#asked.delete(session)
    this.#asked.add(session)
  }

  /**
   * Up to `count` sessions whose clients would follow a `migrate`: at random of those that were not asked
   * yet, so that no client is always the first to go; then those that were asked in vain, longest ago first.
   */
  chooseToLeave(count: number, nowMs: number, random: Random): readonly Session[] {
    const fresh: Session[] = []
    for (const session of this.#all)
      if (session.leaveByMs === undefined && session.mayMigrate(nowMs)) fresh.push(session)
    const chosen = sample(fresh, count, random)
    for (const session of this.#asked) {
      if (chosen.length >= count) break
      if (session.mayMigrate(nowMs)) chosen.push(session)
    }
    return chosen
  }
}

/** Up to `count` of the items, any of them as likely as another (Fisher and Yates, only as far as needed). */
function sample<T>(items: T[], count: number, random: Random): T[] {
  const taken = Math.max(0, Math.min(count, items.length))
  for (let at = 0; at < taken; at++) {
    const other = at + randomInt(random, items.length - at)
    const item = items[other]
    const here = items[at]
    if (item === undefined || here === undefined) break
    items[at] = item
    items[other] = here
  }
  return items.slice(0, taken)
}
