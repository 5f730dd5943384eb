import pg from 'pg'
import { measureCommits, measurePlainInserts, prepareWorkload } from '@skein/server'
import { Histogram } from '../load/histogram.ts'
import type { SendPlan, SendResult } from '../load/load-plan.ts'
import type { LoadProcess } from '../load/load-process.ts'
import type { Measurement } from './bench.ts'
import { BENCH_APP, median, userNames, type TestBed } from './test-bed.ts'

const SENDERS = 200
const HEARTBEAT_MS = 10_000
const BATCHES = [20, 100, 500] as const
const CONNECTIONS = 2
const CONVERSATIONS_PER_LANE = 50
/** Messages under way over all senders; the best is taken. */
const UNDER_WAY = [400, 1_600, 4_000] as const
const BODY_BYTES = 100

/** What is asked (issue 2, item 11). */
const REACH = { ratioToLimit: 0.25, commitEfficiency: 0.5, ackMsP99AtHalf: 40 } as const

/** Durable acknowledged sends per second over real WebSockets, against what the store and the database take at most. */
export async function benchSends(bed: TestBed): Promise<Measurement> {
  const limits = await storeLimits(bed)
  const load = await prepare(bed)
  const best = await closedLoop(bed, load)
  const acksPerSecond = rate(best)
  bed.say(`open loop at half of that: ${Math.round(acksPerSecond / 2)} sends a second`)
  const half = await load.send({ ...plan(bed), pace: { loop: 'open', perSecond: acksPerSecond / 2 } })
  const latency = new Histogram(best.ackLatency)
  const figures = {
    acksPerSecond,
    ackMsP50: latency.quantileMs(0.5),
    ackMsP99: latency.quantileMs(0.99),
    ackMsP99AtHalf: new Histogram(half.ackLatency).quantileMs(0.99),
    ...limits,
    ratioToLimit: acksPerSecond / limits.storeLimitPerSecond,
    commitEfficiency: limits.storeLimitPerSecond / limits.rawInsertPerSecond,
  }
  const ok =
    (await areStored(bed, best.acked + half.acked)) &&
    [best, half].every(({ refused, closedConnections }) => refused + closedConnections === 0) &&
    figures.ratioToLimit >= REACH.ratioToLimit &&
    figures.commitEfficiency >= REACH.commitEfficiency &&
    figures.ackMsP99AtHalf <= REACH.ackMsP99AtHalf
  return { figures, ok }
}

/** The batch commit driven bare and plain inserts of the same rows, in turns, so that both meet the same machine. */
async function storeLimits(
  bed: TestBed,
): Promise<{ storeLimitPerSecond: number; rawInsertPerSecond: number }> {
  const { runtime, store } = bed
  const workload = await prepareWorkload(store, runtime, 'limit', CONVERSATIONS_PER_LANE)
  const durationMs = bed.smoke ? 200 : 2_000
  const rounds = bed.smoke ? 1 : 3
  const commits = new Map<number, number[]>(BATCHES.map((batch) => [batch, []]))
  const inserts = new Map<number, number[]>(BATCHES.map((batch) => [batch, []]))
  for (let round = 0; round < rounds; round++) {
    for (const batch of BATCHES) {
      const options = { runtime, workload, batch, connections: CONNECTIONS, durationMs }
      commits.get(batch)?.push((await measureCommits(store, options)).perSecond)
      inserts.get(batch)?.push((await measurePlainInserts(bed.databaseUrl, options)).perSecond)
    }
  }
  const best = (measured: ReadonlyMap<number, readonly number[]>): number =>
    Math.max(...[...measured.values()].map(median))
  const limits = { storeLimitPerSecond: best(commits), rawInsertPerSecond: best(inserts) }
  bed.say(`store limit ${limits.storeLimitPerSecond}/s, plain inserts ${limits.rawInsertPerSecond}/s`)
  return limits
}

/** Takes the acknowledgements at their word: at least so many messages stand in the log. */
async function areStored(bed: TestBed, acked: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: bed.databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ stored: number }>(
      `select count(*)::int as stored from skein.event where app = $1 and kind = 'message'`,
      [BENCH_APP],
    )
    return (rows[0]?.stored ?? 0) >= acked
  } finally {
    await client.end()
  }
}

const conversationOf = (sender: number): string => `pair-${sender >> 1}`

async function prepare(bed: TestBed): Promise<LoadProcess> {
  const users = userNames(SENDERS)
  const pairs = Array.from({ length: SENDERS / 2 }, (_, pair) => ({
    conversation: conversationOf(pair * 2),
    members: users.slice(pair * 2, pair * 2 + 2),
  }))
  await bed.createGroups(pairs)
  const node = await bed.startNode()
  const load = bed.startLoad()
  await load.connect(node.url, await bed.tokens(users), HEARTBEAT_MS)
  return load
}

function plan(bed: TestBed): Omit<SendPlan, 'pace'> {
  return {
    senders: Array.from({ length: SENDERS }, (_, connection) => ({
      connection,
      conversation: conversationOf(connection),
    })),
    bodyBytes: BODY_BYTES,
    warmUpMs: bed.smoke ? 300 : 3_000,
    measureMs: bed.smoke ? 700 : 10_000,
  }
}

async function closedLoop(bed: TestBed, load: LoadProcess): Promise<SendResult> {
  const results: SendResult[] = []
  for (const underWay of UNDER_WAY) {
    const result = await load.send({ ...plan(bed), pace: { loop: 'closed', underWay, until: 'acked' } })
    bed.say(
      `${underWay} under way: ${Math.round(rate(result))} acknowledged a second, ${result.refused} refused`,
    )
    results.push(result)
  }
  return results.reduce((best, result) => (rate(result) > rate(best) ? result : best))
}

const rate = ({ acked, measuredMs }: SendResult): number => (acked * 1_000) / measuredMs
