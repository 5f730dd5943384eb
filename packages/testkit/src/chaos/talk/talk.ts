import { setTimeout as sleep } from 'node:timers/promises'
import { randomInt, type Random, seededRandom } from '@skein/core'
import type { Body } from '@skein/protocol'
import { type Conversation, type OutgoingMessage, SdkError } from '@skein/sdk'
import { HistoryRecorder, readWholeTimeline } from '../../history/recorder.ts'
import { castOf, type Cast } from './cast.ts'
import { GuestDoor } from './guest-door.ts'
import { openSession, type Session } from './session.ts'
import { nowMs } from './session-trace.ts'
import type { Flood, TalkOutcome, TalkPlan } from './talk-plan.ts'

/** How long it may take until everybody is online and knows all conversations. */
const OPENING_MS = 30_000
const POLL_MS = 20
const TICK_MS = 5
/** Now and then somebody says several things in one breath: their order is at stake. */
const BURST_SHARE = 0.05
const BURST_MESSAGES = 6
/** What was committed last still has to travel: a tail read repairs even a lost hint within a second. */
const QUIET_MS = 2_000

/** Sessions that talk in groups and pairs at a steady rate, and all that they did and saw. */
export class Talk {
  readonly #plan: TalkPlan
  readonly #cast: Cast
  readonly #random: Random
  readonly #recorder = new HistoryRecorder()
  readonly #sessions: readonly Session[]
  readonly #groups: Conversation[] = []
  readonly #doors: GuestDoor[] = []
  #talking: Promise<void> | undefined
  #stopped = false
  #said = 0

  constructor(plan: TalkPlan) {
    this.#plan = plan
    this.#cast = castOf(plan)
    this.#random = seededRandom(plan.seed)
    this.#sessions = this.#cast.sessions.map((one) => openSession(one, plan, this.#recorder))
  }

  /** Resolves when everybody is online and knows all conversations. */
  async open(): Promise<void> {
    await this.#until('everybody is online', () =>
      this.#sessions.every(({ client }) => client.connection.state === 'online'),
    )
    for (const { members, guest } of this.#cast.groups) {
      const [creator, ...others] = members
      const owner = this.#sessionOf(creator)
      const group = owner.client.createGroup({ title: `group of ${creator}`, members: others })
      this.#groups.push(group)
      if (guest !== undefined) this.#doors.push(new GuestDoor(owner, group, guest, this.#recorder))
      this.#maySpeak(group.id, members)
    }
    for (const pair of this.#cast.pairs) {
      const first = this.#sessionOf(pair[0])
      const direct = first.client.direct(pair[1])
      this.#speak(first, direct, { text: 'hello' })
      this.#maySpeak(direct.id, pair)
    }
    await this.#until('everybody knows all conversations', () =>
      this.#sessions.every(({ conversations }) => conversations.every((one) => one.joined)),
    )
  }

  begin(): void {
    this.#stopped = false
    this.#talking ??= this.#pace()
  }

  async hush(): Promise<void> {
    this.#stopped = true
    await this.#talking
    this.#talking = undefined
  }

  /** Waits until every send has its fate and everybody has had time to catch up. */
  async settle(withinMs: number): Promise<{ unsettled: number; offline: readonly string[] }> {
    const deadlineMs = nowMs() + withinMs
    const offline = (): Session[] =>
      this.#sessions.filter(({ client }) => client.connection.state !== 'online')
    while ((this.#recorder.unsettled() > 0 || offline().length > 0) && nowMs() < deadlineMs)
      await sleep(POLL_MS)
    await sleep(QUIET_MS)
    return { unsettled: this.#recorder.unsettled(), offline: offline().map(({ name }) => name) }
  }

  where(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#sessions.flatMap(({ name, tracer: { node } }) => (node === undefined ? [] : [[name, node]])),
    )
  }

  flood({ group, messages, bytes }: Flood): void {
    const conversation = this.#groups[group]
    const speaker = this.#sessionOf(this.#cast.groups[group]?.members[0])
    if (conversation === undefined) return
    for (let i = 0; i < messages; i++) this.#speak(speaker, conversation, { padding: 'x'.repeat(bytes) })
  }

  async finish(): Promise<TalkOutcome> {
    const timelines = []
    for (const { name, client } of this.#sessions) {
      if (client.connection.state !== 'online') continue
      const joined = client.conversations().filter((conversation) => conversation.joined)
      this.#recorder.onlineAtEnd(
        name,
        joined.map(({ id }) => id),
      )
      for (const conversation of joined) timelines.push(await readWholeTimeline(client, name, conversation))
    }
    const { clients, sends } = this.#recorder.finish()
    const traces = this.#sessions.map(({ tracer }) => tracer.finish())
    const unsettled = this.#recorder.unsettled()
    await Promise.all(this.#sessions.map(({ client }) => client.stop()))
    return { clients, sends, timelines, traces, unsettled }
  }

  #sessionOf(user: string | undefined): Session {
    const session = this.#sessions.find(({ name }) => name === user)
    if (session === undefined) throw new Error(`nobody is called ${user}`)
    return session
  }

  #maySpeak(id: string, users: readonly string[]): void {
    for (const { client, conversations } of this.#sessions) {
      if (users.includes(client.user)) conversations.push(client.conversation(id))
    }
  }

  /** Open loop: what the plan says is sent, however the servers are. */
  async #pace(): Promise<void> {
    const { perSecond, changesPerSecond } = this.#plan
    const startMs = nowMs()
    let messages = 0
    let changes = 0
    while (!this.#stopped) {
      const seconds = (nowMs() - startMs) / 1_000
      while (messages < seconds * perSecond) messages += this.#saySomething()
      for (; changes < seconds * changesPerSecond; changes++) this.#pick(this.#doors)?.swing()
      await sleep(TICK_MS)
    }
  }

  /** Answers how many messages that were. */
  #saySomething(): number {
    const session = this.#pick(this.#sessions)
    const conversation = session === undefined ? undefined : this.#pick(session.conversations)
    const messages = this.#random.next() < BURST_SHARE ? BURST_MESSAGES : 1
    for (let said = 0; said < messages; said++)
      if (session !== undefined && conversation !== undefined) this.#speak(session, conversation, {})
    return messages
  }

  #speak({ name, client }: Session, conversation: Conversation, more: Body): void {
    const body = { text: `${name} says ${this.#said++}`, at: nowMs(), ...more }
    let message: OutgoingMessage
    try {
      message = conversation.send(body)
    } catch (error) {
      // The outbox is bounded: while the servers are away long enough, there is nothing more to say.
      if (error instanceof SdkError && error.reason === 'outboxFull') return
      throw error
    }
    this.#recorder.sent(name, client.user, conversation.id, body, message)
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[randomInt(this.#random, items.length)]
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const deadlineMs = nowMs() + OPENING_MS
    while (!holds()) {
      if (nowMs() > deadlineMs) throw new Error(`not within ${OPENING_MS} ms: ${what}`)
      await sleep(POLL_MS)
    }
  }
}
