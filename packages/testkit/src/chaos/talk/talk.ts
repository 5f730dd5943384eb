import { setTimeout as sleep } from 'node:timers/promises'
import { randomInt, type Random, seededRandom } from '@skein/core'
import { type Conversation, type DispatchCache, memoryDispatchCache } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import { WebSocket } from 'ws'
import type { HostedTalk } from '../../cluster-bed/clients/serve-talk.ts'
import type { Flood, Newcomers } from '../../cluster-bed/clients/talk-commands.ts'
import { Talkers } from '../../cluster-bed/clients/talkers.ts'
import { tokenFor, type TracedClient } from '../../cluster-bed/clients/traced-client.ts'
import { readWholeTimeline } from '../../history/recorder.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import { castOf, type Cast } from './cast.ts'
import { hastyRuntime } from './hasty-runtime.ts'
import { GuestDoor } from './guest-door.ts'
import type { ReadTalkOutcome, TalkPlan } from './talk-plan.ts'

/** How long it may take until everybody is online and knows all conversations. */
const OPENING_MS = 30_000
const POLL_MS = 20
/** Now and then somebody says several things in one breath: their order is at stake. */
const BURST_SHARE = 0.05
const BURST_MESSAGES = 6
/** Different ones that are kept. */
const MOST_WARNINGS = 200

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
  readonly #newcomers: TracedClient[] = []
  readonly #warnings = new Map<string, number>()
  /** The list of endpoints that one of them was given. */
  readonly #cache = memoryDispatchCache()
  #messages = 0
  #changes = 0

  constructor(plan: TalkPlan) {
    this.#plan = plan
    this.#cast = castOf(plan)
    this.#random = seededRandom(plan.seed)
    this.#speakers = this.#cast.sessions.map(({ name, user }, index) => {
      const urls = plan.narrow?.sessions.includes(name) === true ? plan.narrow.urls : plan.urls
      const cache = index === 0 ? this.#cache : memoryDispatchCache()
      const session = this.#add(name, user, plan.dispatch === undefined ? urls : undefined, cache)
      return { session, conversations: [] }
    })
  }

  #add(name: string, user: string, urls: readonly string[] | undefined, cache: DispatchCache): TracedClient {
    const plan = this.#plan
    const session = this.talkers.add({
      name,
      user,
      ...(urls !== undefined && { urls }),
      ...(plan.dispatch !== undefined && { dispatch: { ...plan.dispatch, cache }, runtime: hastyRuntime() }),
      token: () => tokenFor(user, plan),
      transport: nodeTransport(WebSocket),
    })
    session.client.on('warning', ({ code, message }) => {
      const words = `${code}: ${message}`
      if (this.#warnings.size < MOST_WARNINGS || this.#warnings.has(words))
        this.#warnings.set(words, (this.#warnings.get(words) ?? 0) + 1)
    })
    return session
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

  flood({ group, messages, bytes, session }: Flood): void {
    const id = this.#groups[group]?.id
    const speaker = this.#sessionOf(session ?? this.#cast.groups[group]?.members[0])
    if (id === undefined) return
    const conversation = speaker.client.conversation(id)
    for (let i = 0; i < messages; i++) speaker.say(conversation, { padding: 'x'.repeat(bytes) })
  }

  /** They listen as further devices of users who are there. */
  async join({ count, cached, urls, withinMs }: Newcomers): Promise<number> {
    const list = cached ? await this.#cache.load() : undefined
    const came: TracedClient[] = []
    for (const { name, user } of this.#cast.sessions.slice(0, count)) {
      const cache = memoryDispatchCache()
      if (list !== undefined) await cache.save(list)
      const known = urls.length === 0 ? undefined : urls
      came.push(this.#add(`${name} come ${this.#newcomers.length + came.length}`, user, known, cache))
    }
    this.#newcomers.push(...came)
    const deadlineMs = nowMs() + withinMs
    while (!came.every(({ online }) => online) && nowMs() < deadlineMs) await sleep(POLL_MS)
    return came.filter(({ online }) => online).length
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
    const sessions = [...this.#speakers.map(({ session }) => session), ...this.#newcomers]
    await Promise.all(sessions.map(({ client }) => client.stop()))
    return { ...outcome, timelines, warnings: Object.fromEntries(this.#warnings) }
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
