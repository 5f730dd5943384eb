import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, randomInt, seededRandom } from '@skein/core'
import type { Conversation } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import { WebSocket } from 'ws'
import type { HostedTalk } from '../../cluster-bed/clients/serve-talk.ts'
import type { TalkOutcome } from '../../cluster-bed/clients/talk-commands.ts'
import { Talkers } from '../../cluster-bed/clients/talkers.ts'
import { tokenFor, type TracedClient } from '../../cluster-bed/clients/traced-client.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import { conversationOf, type CrowdPlan, userName } from './crowd-plan.ts'

/** So many are on their way at once while all come, so that a node's budget for new sessions is not the subject. */
const OPENING_AT_ONCE = 50
const OPENING_MS = 60_000
const POLL_MS = 20

interface Member {
  readonly session: TracedClient
  readonly conversation: Conversation
}

/** Many SDK clients that cost as little as they can. */
export class Crowd implements HostedTalk<TalkOutcome> {
  readonly talkers = new Talkers((seconds) => this.#keepUp(seconds))
  readonly #plan: CrowdPlan
  readonly #random: Random
  readonly #transport = nodeTransport(WebSocket)
  /** In the order of their numbers: neighbours talk to each other. */
  readonly #members: Member[] = []
  #messages = 0

  constructor(plan: CrowdPlan) {
    this.#plan = plan
    this.#random = seededRandom(plan.seed)
  }

  async open(): Promise<void> {
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < this.#plan.users) {
        const index = next++
        const member = await this.#join(this.#plan.firstUser + index)
        this.#members[index] = member
        await untilThere(member)
      }
    }
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, lane))
  }

  finish(): TalkOutcome {
    for (const { session, conversation } of this.#members) {
      if (session.online) this.talkers.recorder.onlineAtEnd(session.name, [conversation.id])
    }
    return this.talkers.finish()
  }

  async #join(index: number): Promise<Member> {
    const { urls, usersPerConversation } = this.#plan
    const user = userName(index)
    // A fixed token: thousands that come back at once must not cost their own process a signature each.
    const token = await tokenFor(user, this.#plan)
    const session = this.talkers.add({ name: user, user, urls, token, transport: this.#transport })
    return { session, conversation: session.client.conversation(conversationOf(index, usersPerConversation)) }
  }

  #keepUp(seconds: number): void {
    for (; this.#messages < seconds * this.#plan.perSecond; this.#messages++) this.#saySomething()
  }

  /** One conversation after the other, somebody in it. */
  #saySomething(): void {
    const { users, usersPerConversation } = this.#plan
    const group = this.#messages % Math.ceil(users / usersPerConversation)
    const member = this.#members[group * usersPerConversation + randomInt(this.#random, usersPerConversation)]
    member?.session.say(member.conversation)
  }
}

async function untilThere({ session, conversation }: Member): Promise<void> {
  const deadlineMs = nowMs() + OPENING_MS
  while (!session.online || !conversation.joined) {
    if (nowMs() > deadlineMs) {
      const joined = conversation.joined ? 'in its conversation' : 'not in its conversation'
      throw new Error(
        `${session.name} did not get there in ${OPENING_MS} ms: ${joined}, ${JSON.stringify(session.client.connection)}`,
      )
    }
    await sleep(POLL_MS)
  }
}
