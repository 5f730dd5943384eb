import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom, type Random } from '@skein/core'
import { mintToken, type Store, systemRuntime } from '@skein/server'
import { type Client, createClient, type Conversation } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import { WebSocket } from 'ws'
import { checkHistory } from '../history/check.ts'
import type { Violation } from '../history/history.ts'
import { HistoryRecorder, readWholeTimeline } from '../history/recorder.ts'
import { readStoreLog, readStoreTimeline } from '../history/store-history.ts'
import { Chatter, type Speaker } from './chatter.ts'

export interface KillRunOptions {
  readonly connectUrl: string
  readonly secret: string
  readonly app: string
  readonly users: number
  readonly kills: number
  readonly seed: number
  /** Kills something and brings it back; resolves when it serves again. `round` counts from 0. */
  disaster(round: number): Promise<void>
  /** The log to judge by, read when all is over. */
  readonly store: Store
}

export interface KillReport {
  readonly sends: number
  readonly acked: number
  readonly unsettled: number
  readonly violations: readonly Violation[]
}

/** Between two kills the service runs this long, so that kills fall into every phase of a recovery. */
const UPTIME_MS = [100, 900] as const
/** Each client says something this often on the average. */
const MEAN_PAUSE_MS = 60
/** How long everything may take to settle after the last kill. */
const SETTLE_MS = 60_000

/** Real clients talk to a real server while it is killed again and again; the history checker judges. */
export async function killRun(options: KillRunOptions): Promise<KillReport> {
  const random = seededRandom(options.seed)
  const recorder = new HistoryRecorder()
  const clients = await connectAll(options, recorder)
  const speakers = converse(clients)
  const chatter = new Chatter(recorder, random, MEAN_PAUSE_MS)
  for (const speaker of speakers) chatter.begin(speaker)
  for (let round = 0; round < options.kills; round++) {
    await sleep(between(random, ...UPTIME_MS))
    await options.disaster(round)
  }
  await sleep(UPTIME_MS[1])
  chatter.stop()
  await settle(clients, recorder)
  const report = await judge(options, speakers, recorder)
  await Promise.all(clients.map((client) => client.stop()))
  return report
}

const between = (random: Random, fromMs: number, toMs: number): number =>
  fromMs + (toMs - fromMs) * random.next()

async function connectAll(options: KillRunOptions, recorder: HistoryRecorder): Promise<Client[]> {
  const { connectUrl, secret, app } = options
  return Promise.all(
    Array.from({ length: options.users }, async (_, index) => {
      const user = `user${index}`
      const token = async () =>
        (await mintToken({ secret, app, user, ttlSeconds: 3_600 }, systemRuntime().clock)).token
      const client = createClient({ url: connectUrl, user, token, transport: nodeTransport(WebSocket) })
      recorder.attach(client, user)
      return client
    }),
  )
}

/** Groups of four that overlap, and a direct conversation of each with the next. */
function converse(clients: readonly Client[]): Speaker[] {
  const conversations = clients.map((): Conversation[] => [])
  for (const [index, client] of clients.entries()) {
    const nextIndex = (index + 1) % clients.length
    const next = clients[nextIndex]
    if (next === undefined) continue
    conversations[index]?.push(client.direct(next.user))
    conversations[nextIndex]?.push(next.direct(client.user))
    if (index % 3 !== 0) continue
    const others = [1, 2, 3].map((step) => (index + step) % clients.length)
    const members = others.flatMap((other) => clients[other]?.user ?? [])
    const group = client.createGroup({ title: `group ${index}`, members })
    conversations[index]?.push(group)
    for (const other of others) {
      const member = clients[other]
      if (member !== undefined)
        member.on('conversations', () => joinOnce(member.conversation(group.id), conversations[other]))
    }
  }
  return clients.map((client, index) => ({
    name: client.user,
    client,
    conversations: conversations[index] ?? [],
  }))
}

function joinOnce(conversation: Conversation, into: Conversation[] | undefined): void {
  if (conversation.joined && into?.some((known) => known.id === conversation.id) === false)
    into.push(conversation)
}

async function settle(clients: readonly Client[], recorder: HistoryRecorder): Promise<void> {
  const deadlineMs = performance.now() + SETTLE_MS
  const isDone = (): boolean =>
    recorder.unsettled() === 0 && clients.every((client) => client.connection.state === 'online')
  while (!isDone() && performance.now() < deadlineMs) await sleep(50)
  // What was committed last still has to travel: a tail read repairs even a lost hint within a second.
  await sleep(2_500)
}

async function judge(
  options: KillRunOptions,
  speakers: readonly Speaker[],
  recorder: HistoryRecorder,
): Promise<KillReport> {
  const { app, store } = options
  const ids = [
    ...new Set(speakers.flatMap(({ conversations }) => conversations.map((conversation) => conversation.id))),
  ]
  const log = await readStoreLog(store, app, ids)
  const timelines = []
  for (const { name, client } of speakers) {
    const joined = client.conversations().filter((conversation) => conversation.joined)
    recorder.onlineAtEnd(
      name,
      joined.map((conversation) => conversation.id),
    )
    for (const conversation of joined) {
      timelines.push(await readWholeTimeline(client, name, conversation))
      timelines.push(await readStoreTimeline(store, app, conversation.id, client.user))
    }
  }
  const { clients, sends } = recorder.finish()
  const violations = checkHistory({ log, lost: [], failedOver: false, sends, clients, timelines })
  return {
    sends: sends.length,
    acked: sends.filter((send) => send.acked).length,
    unsettled: recorder.unsettled(),
    violations,
  }
}
