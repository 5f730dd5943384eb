import type { Clock } from '@skein/core'
import { gcra } from '@skein/resilience'
import type { Bus, NodeMessage } from '../bus/bus.ts'
import { encode } from './encoded.ts'
import type { Hub } from './hub.ts'
import type { LiveConversation } from './live-conversation.ts'

/** Typing is told only in conversations with at most this many followers here; it costs more than it says. */
const TYPING_FOLLOWERS_MAX = 200
/** What one node tells the others of it, at most; more is dropped, before it costs a hint. */
const TO_OTHER_NODES = { perSecond: 500, burst: 500 }

export interface TypingOptions {
  readonly hub: Pick<Hub, 'get'>
  readonly bus: Pick<Bus, 'send'>
  readonly clock: Clock
  readonly hasPeers: () => boolean
  /** Whether there is time for it: it is the first that is let go. */
  readonly admits: (user: string) => boolean
}

/** Passes on who types: to those who follow here, and to the conversation's other nodes. Soft: nothing waits for it. */
export class Typing {
  readonly #options: TypingOptions
  #theoreticalArrivalMs = 0
  /** Not told to other nodes, as too much was. */
  dropped = 0

  constructor(options: TypingOptions) {
    this.#options = options
  }

  say(live: LiveConversation, user: string, active: boolean): void {
    if (!this.#options.admits(user)) return
    if (!deliver(live, user, active) || !this.#options.hasPeers() || !this.#admit()) return
    this.#options.bus.send(
      { to: 'conversation', app: live.app, conversation: live.id },
      { typing: { conversation: live.id, user, active } },
    )
  }

  /** What another node says. False: it is not about typing. */
  hear({ target, body }: NodeMessage): boolean {
    const { typing } = body
    if (typing === undefined) return false
    if (target.to !== 'conversation' || typeof typing !== 'object' || typing === null) return true
    if (!('user' in typing) || !('active' in typing)) return true
    const { user, active } = typing
    const live = this.#options.hub.get(target.app, target.conversation)
    if (live === undefined || typeof user !== 'string' || typeof active !== 'boolean') return true
    if (this.#options.admits(user)) deliver(live, user, active)
    return true
  }

  #admit(): boolean {
    const verdict = gcra(TO_OTHER_NODES, this.#theoreticalArrivalMs, this.#options.clock.monotonicMs())
    this.#theoreticalArrivalMs = verdict.theoreticalArrivalMs
    if (!verdict.admitted) this.dropped++
    return verdict.admitted
  }
}

/** False: too many follow it. */
function deliver(live: LiveConversation, user: string, active: boolean): boolean {
  if (live.followers.size > TYPING_FOLLOWERS_MAX) return false
  const message = encode({ t: 'typing', conversation: live.id, active, user })
  for (const follower of live.followers) if (follower.user !== user) follower.deliverSoft(message)
  return true
}
