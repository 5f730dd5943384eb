import { setTimeout as sleep } from 'node:timers/promises'
import { randomInt, type Random, seededRandom } from '@skein/core'
import type { Conversation } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import { WebSocket } from 'ws'
import type { HostedTalk } from '../../cluster-bed/clients/serve-talk.ts'
import type { Flood } from '../../cluster-bed/clients/talk-commands.ts'
import { Talkers } from '../../cluster-bed/clients/talkers.ts'
import { tokenFor, type TracedClient } from '../../cluster-bed/clients/traced-client.ts'
import { readWholeTimeline } from '../../history/recorder.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import { castOf, type Cast } from './cast.ts'
import { GuestDoor } from './guest-door.ts'
import type { ReadTalkOutcome, TalkPlan } from './talk-plan.ts'

/** How long it may take until everybody is online and knows all conversations. */
const OPENING_MS = 30_000
const POLL_MS = 20
/** Now and then somebody says several things in one breath: their order is at stake. */
const BURST_SHARE = 0.05
const BURST_MESSAGES = 6

interface Speaker {
  readonly session: TracedClient
  /** Where it may speak. */
  readonly conversations: Conversation[]
}

/** Sessions that talk in groups and pairs, come and go as guests, and read everything back in the end. */
export class Talk implements HostedTalk<ReadTalkOutcome> {
  readonly talkers = new Talkers((seconds) => this.#keepUp(seconds))
  readonly #plan: TalkPlan
  readonly #cast: Cast
  readonly #random: Random
  readonly #speakers: readonly Speaker[]
  readonly #groups: Conversation[] = []
  readonly #doors: GuestDoor[] = []
  #messages = 0
  #changes = 0

  constructor(plan: TalkPlan) {
    this.#plan = plan
    this.#cast = castOf(plan)
    this.#random = seededRandom(plan.seed)
    const transport = nodeTransport(WebSocket)
    this.#speakers = this.#cast.sessions.map(({ name, user }) => {
      const urls = plan.narrow?.sessions.includes(name) === true ? plan.narrow.urls : plan.urls
      const token = (): Promise<string> => tokenFor(user, plan)
      return { session: this.talkers.add({ name, user, urls, token, transport }), conversations: [] }
    })
  }

  async open(): Promise<void> {
    await this.#until('everybody is online', ({ session }) => session.online)
    for (const { members, guest } of this.#cast.groups) {
      const [creator, ...others] = members
      const owner = this.#sessionOf(creator)
      const group = owner.client.createGroup({ title: `group of ${creator}`, members: others })
      this.#groups.push(group)
      if (guest !== undefined) this.#doors.push(new GuestDoor(owner, group, guest, this.talkers.recorder))
      this.#maySpeak(group.id, members)
    }
    for (const pair of this.#cast.pairs) {
      const first = this.#sessionOf(pair[0])
      const direct = first.client.direct(pair[1])
      first.say(direct, { text: 'hello' })
      this.#maySpeak(direct.id, pair)
    }
    await this.#until('everybody knows all conversations', ({ conversations }) =>
      conversations.every((one) => one.joined),
    )
  }

  flood({ group, messages, bytes }: Flood): void {
    const conversation = this.#groups[group]
    const speaker = this.#sessionOf(this.#cast.groups[group]?.members[0])
    if (conversation === undefined) return
    for (let i = 0; i < messages; i++) speaker.say(conversation, { padding: 'x'.repeat(bytes) })
  }

  async finish(): Promise<ReadTalkOutcome> {
    const timelines = []
    for (const { session } of this.#speakers) {
      if (!session.online) continue
      const { name, client } = session
      const joined = client.conversations().filter((conversation) => conversation.joined)
      this.talkers.recorder.onlineAtEnd(
        name,
        joined.map(({ id }) => id),
      )
      for (const conversation of joined) timelines.push(await readWholeTimeline(client, name, conversation))
    }
    const outcome = this.talkers.finish()
    await Promise.all(this.#speakers.map(({ session }) => session.client.stop()))
    return { ...outcome, timelines }
  }

  #sessionOf(user: string | undefined): TracedClient {
    const speaker = this.#speakers.find(({ session }) => session.name === user)
    if (speaker === undefined) throw new Error(`nobody is called ${user}`)
    return speaker.session
  }

  #maySpeak(id: string, users: readonly string[]): void {
    for (const { session, conversations } of this.#speakers) {
      if (users.includes(session.client.user)) conversations.push(session.client.conversation(id))
    }
  }

  #keepUp(seconds: number): void {
    const { perSecond, changesPerSecond } = this.#plan
    while (this.#messages < seconds * perSecond) this.#saySomething()
    for (; this.#changes < seconds * changesPerSecond; this.#changes++) this.#pick(this.#doors)?.swing()
  }

  #saySomething(): void {
    const speaker = this.#pick(this.#speakers)
    const conversation = speaker === undefined ? undefined : this.#pick(speaker.conversations)
    const messages = this.#random.next() < BURST_SHARE ? BURST_MESSAGES : 1
    this.#messages += messages
    if (speaker === undefined || conversation === undefined) return
    for (let said = 0; said < messages; said++) speaker.session.say(conversation)
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[randomInt(this.#random, items.length)]
  }

  async #until(what: string, holds: (speaker: Speaker) => boolean): Promise<void> {
    const deadlineMs = nowMs() + OPENING_MS
    while (!this.#speakers.every(holds)) {
      if (nowMs() > deadlineMs) throw new Error(`not within ${OPENING_MS} ms: ${what}`)
      await sleep(POLL_MS)
    }
  }
}
