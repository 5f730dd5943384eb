import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, randomInt, seededRandom } from '@skein/core'
import { type Client, type Conversation, createClient, type OutgoingMessage, SdkError } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import { mintToken, systemRuntime } from '@skein/server'
import { nowMs } from '../../chaos/talk/session-trace.ts'
import { HistoryRecorder } from '../../history/recorder.ts'
import {
  conversationOf,
  type CrowdOutcome,
  type CrowdPlan,
  userName,
  type Whereabouts,
} from './crowd-plan.ts'
import { CrowdTracer } from './crowd-tracer.ts'

/** So many are on their way at once while all come, so that a node's budget for new sessions is not the subject. */
const OPENING_AT_ONCE = 50
const OPENING_MS = 60_000
const POLL_MS = 20
const TICK_MS = 5
/** What was committed last still has to travel: a tail read repairs even a lost hint within a second. */
const QUIET_MS = 2_000
const TOKEN_TTL_SECONDS = 3_600

interface Member {
  readonly name: string
  readonly client: Client
  readonly tracer: CrowdTracer
  readonly conversation: Conversation
}

/** Many SDK clients that cost as little as they can, and all that they did and saw. */
export class Crowd {
  readonly #plan: CrowdPlan
  readonly #random: Random
  readonly #transport = nodeTransport()
  readonly #recorder = new HistoryRecorder()
  readonly #members: Member[] = []
  #talking: Promise<void> | undefined
  #stopped = false
  #said = 0

  constructor(plan: CrowdPlan) {
    this.#plan = plan
    this.#random = seededRandom(plan.seed)
  }

  /** Resolves when everybody is online and knows its conversation. Answers what a client takes of memory. */
  async open(): Promise<number> {
    const beforeBytes = process.memoryUsage.rss()
    const { firstUser, users } = this.#plan
    let next = firstUser
    const lane = async (): Promise<void> => {
      while (next < firstUser + users) {
        const member = await this.#join(next++)
        await until(member)
      }
    }
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, lane))
    // Lanes finish in any order, neighbours talk to each other.
    this.#members.sort((one, other) => Number(one.name.slice(1)) - Number(other.name.slice(1)))
    return (process.memoryUsage.rss() - beforeBytes) / users
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
  async settle(withinMs: number): Promise<{ unsettled: number; offline: number }> {
    const deadlineMs = nowMs() + withinMs
    while ((this.#recorder.unsettled() > 0 || this.where().offline > 0) && nowMs() < deadlineMs)
      await sleep(POLL_MS)
    await sleep(QUIET_MS)
    return { unsettled: this.#recorder.unsettled(), offline: this.where().offline }
  }

  where(): Whereabouts {
    const byNode: Record<string, number> = {}
    let offline = 0
    for (const {
      tracer: { node },
      client,
    } of this.#members) {
      if (node === undefined || client.connection.state !== 'online') offline++
      else byNode[node] = (byNode[node] ?? 0) + 1
    }
    return { byNode, offline }
  }

  finish(): CrowdOutcome {
    for (const { name, client, conversation } of this.#members) {
      if (client.connection.state === 'online') this.#recorder.onlineAtEnd(name, [conversation.id])
    }
    return { ...this.#recorder.finish(), traces: this.#members.map(({ tracer }) => tracer.finish()) }
  }

  async #join(index: number): Promise<Member> {
    const { urls, secret, app, usersPerConversation } = this.#plan
    const name = userName(index)
    const request = { secret, app, user: name, ttlSeconds: TOKEN_TTL_SECONDS }
    const { token } = await mintToken(request, systemRuntime().clock)
    const tracer = new CrowdTracer(name)
    const transport = tracer.traced(await this.#transport)
    const client = createClient({ url: urls, user: name, token, transport })
    this.#recorder.attach(client, name)
    client.on('event', ({ event: { kind, body } }) => {
      const sentAtMs = kind === 'message' && isStamped(body) ? body.at : undefined
      tracer.arrived(sentAtMs)
    })
    const conversation = client.conversation(conversationOf(index, usersPerConversation))
    const member = { name, client, tracer, conversation }
    this.#members.push(member)
    return member
  }

  /** Open loop: what the plan says is sent, however the servers are. */
  async #pace(): Promise<void> {
    const startMs = nowMs()
    let messages = 0
    while (!this.#stopped) {
      const due = ((nowMs() - startMs) / 1_000) * this.#plan.perSecond
      for (; messages < due; messages++) this.#saySomething(messages)
      await sleep(TICK_MS)
    }
  }

  /** One conversation after the other, somebody in it. */
  #saySomething(turn: number): void {
    const { users, usersPerConversation } = this.#plan
    const group = turn % Math.ceil(users / usersPerConversation)
    const member = this.#members[group * usersPerConversation + randomInt(this.#random, usersPerConversation)]
    if (member === undefined) return
    const { name, client, conversation } = member
    const body = { text: `${name} says ${this.#said++}`, at: nowMs() }
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
}

const isThere = ({ client, conversation }: Member): boolean =>
  client.connection.state === 'online' && conversation.joined

async function until(member: Member): Promise<void> {
  const deadlineMs = nowMs() + OPENING_MS
  while (!isThere(member)) {
    if (nowMs() > deadlineMs) {
      const { client, conversation } = member
      const joined = conversation.joined ? 'in its conversation' : 'not in its conversation'
      throw new Error(
        `${member.name} did not get there in ${OPENING_MS} ms: ${joined}, ${JSON.stringify(client.connection)}`,
      )
    }
    await sleep(POLL_MS)
  }
}

const isStamped = (body: unknown): body is { readonly at: number } =>
  typeof body === 'object' && body !== null && 'at' in body && typeof body.at === 'number'
