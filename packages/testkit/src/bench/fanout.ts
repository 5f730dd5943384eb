import { setTimeout as sleep } from 'node:timers/promises'
import { Histogram } from '../load/histogram.ts'
import type { SendPlan, SendResult } from '../load/load-plan.ts'
import type { LoadProcess } from '../load/load-process.ts'
import { builtModule } from '../processes/built-module.ts'
import { Child } from '../processes/child.ts'
import type { Measurement } from './bench.ts'
import { coresUsed } from './node-commands.ts'
import type { RawAnswer, RawCommand } from './raw-commands.ts'
import { userNames, type BenchNode, type TestBed } from './test-bed.ts'

const MEMBERS = 500
const SENDERS = 50
const CONVERSATION = 'crowd'
const HEARTBEAT_MS = 10_000
const BODY_BYTES = 200
const UNDER_WAY = [8, 32, 128] as const
const FRAMES_PER_WRITE = 10

/** What is asked (issue 2, item 11). */
const REACH = { ratioToLimit: 0.4 } as const

interface Fanout {
  readonly result: SendResult
  readonly deliveriesPerSecond: number
  readonly perServerCpuSecond: number
}

/** Deliveries of one conversation to 500 sessions, per second of the server's CPU, against bare writes. */
export async function benchFanout(bed: TestBed): Promise<Measurement> {
  const users = userNames(MEMBERS)
  const tokens = await bed.tokens(users)
  await bed.createGroups([{ conversation: CONVERSATION, members: users }])
  const node = await bed.startNode()
  const load = bed.startLoad()
  await load.connect(node.url, tokens, HEARTBEAT_MS)
  const best = await closedLoops(bed, node, load)
  const halfPerSecond = best.deliveriesPerSecond / MEMBERS / 2
  bed.say(`open loop at half of that: ${Math.round(halfPerSecond)} messages a second`)
  const half = await load.send({ ...plan(bed), pace: { loop: 'open', perSecond: halfPerSecond } })
  await node.end()
  await load.end()
  const rawLimitPerServerCpuSecond = await rawLimit(bed, tokens)
  const figures = {
    deliveriesPerSecond: best.deliveriesPerSecond,
    deliveriesPerServerCpuSecond: best.perServerCpuSecond,
    latencyMsP99AtHalf: new Histogram(half.deliveryLatency).quantileMs(0.99),
    rawLimitPerServerCpuSecond,
    ratioToLimit: best.perServerCpuSecond / rawLimitPerServerCpuSecond,
  }
  const failed = [best.result, half].some(({ refused, closedConnections }) => refused + closedConnections > 0)
  return { figures, ok: !failed && figures.ratioToLimit >= REACH.ratioToLimit }
}

function plan(bed: TestBed): Omit<SendPlan, 'pace'> {
  const every = MEMBERS / SENDERS
  return {
    senders: Array.from({ length: SENDERS }, (_, index) => ({
      connection: index * every,
      conversation: CONVERSATION,
    })),
    bodyBytes: BODY_BYTES,
    warmUpMs: bed.smoke ? 300 : 3_000,
    measureMs: bed.smoke ? 700 : 8_000,
  }
}

async function closedLoops(bed: TestBed, node: BenchNode, load: LoadProcess): Promise<Fanout> {
  const runs: Fanout[] = []
  for (const underWay of UNDER_WAY) {
    const run = await closedLoop(bed, node, load, underWay)
    bed.say(
      `${underWay} under way: ${Math.round(run.deliveriesPerSecond)} deliveries a second, ` +
        `${Math.round(run.perServerCpuSecond)} per second of the server's CPU`,
    )
    runs.push(run)
  }
  return runs.reduce((best, run) => (run.perServerCpuSecond > best.perServerCpuSecond ? run : best))
}

/** A message is under way until all members have it. */
async function closedLoop(
  bed: TestBed,
  node: BenchNode,
  load: LoadProcess,
  underWay: number,
): Promise<Fanout> {
  const { warmUpMs, measureMs } = plan(bed)
  const sending = load.send({
    ...plan(bed),
    pace: { loop: 'closed', underWay, until: { deliveries: MEMBERS } },
  })
  await sleep(warmUpMs)
  const from = await node.usage()
  await sleep(measureMs * 0.9)
  const to = await node.usage()
  const result = await sending
  const deliveriesPerSecond = (result.deliveries * 1_000) / result.measuredMs
  return { result, deliveriesPerSecond, perServerCpuSecond: deliveriesPerSecond / coresUsed(from, to) }
}

/** One event as the server sends it, encoded beforehand and written to as many sockets, several frames a write. */
async function rawLimit(bed: TestBed, tokens: readonly string[]): Promise<number> {
  const child = new Child<RawCommand, RawAnswer>(builtModule('bench/raw-main.js'), 'raw fan-out')
  bed.onClose(() => child.end())
  const { url } = await child.request({ do: 'start' }, 'start')
  const load = bed.startLoad()
  await load.connect(url, tokens, HEARTBEAT_MS)
  const blast = { do: 'blast', payload: eventFrame(), framesPerWrite: FRAMES_PER_WRITE } as const
  await child.request({ ...blast, durationMs: bed.smoke ? 200 : 1_000 }, 'blast')
  const { frames, from, to } = await child.request({ ...blast, durationMs: bed.smoke ? 500 : 5_000 }, 'blast')
  await load.end()
  await child.end()
  const perCpuSecond = (frames * 1_000) / (to.cpuMs - from.cpuMs)
  bed.say(`bare writes: ${Math.round(perCpuSecond)} frames per second of CPU`)
  return perCpuSecond
}

/** As large as what a member receives for one message of the bench. */
const eventFrame = (): string =>
  JSON.stringify({
    t: 'events',
    conversation: CONVERSATION,
    events: [
      {
        origin: 'bench.0123456789ab',
        seq: 123_456,
        hlc: 1_831_000_000_000_000,
        sender: 'u123',
        clientId: '018f0000-0000-7000-8000-000000000000',
        kind: 'message',
        body: { stamp: 1_790_000_000_000.123, text: 'x'.repeat(BODY_BYTES - 40) },
        count: 123_456,
        at: 1_790_000_000_000,
      },
    ],
  })
