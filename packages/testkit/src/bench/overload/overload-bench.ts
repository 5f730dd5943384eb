import pg from 'pg'
import type { DemandPlan, DemandResult } from '../../load/demand-plan.ts'
import { Histogram } from '../../load/histogram.ts'
import type { LoadProcess } from '../../load/load-process.ts'
import type { Measurement } from '../bench.ts'
import { BENCH_APP, userNames, type TestBed } from '../test-bed.ts'
import { CpuQuota } from './cpu-quota.ts'
import { rssPeakBytes } from './rss-peak.ts'

/** What the node gets of a core. */
const CORES = 0.5
/** Many enough that one user wants no more than his client may have under way. */
const USERS = 2_000
const USERS_IN_SMOKE = 200
const HEARTBEAT_MS = 10_000
const BODY_BYTES = 100
/** Sends of each user under way while the capacity is measured; the best is taken. */
const UNDER_WAY_PER_USER = [1, 2] as const
/** Of the capacity, in this order: each finds what the one before has left behind. */
const STEPS = [0.5, 1, 2, 5] as const
const HIGHEST = 5
/** An acknowledgement that comes later is no use to anyone. */
const PATIENCE_MS = 2_000
const DRAIN_MS = 15_000

/** What is asked (issue 4, item 9). */
const REACH = {
  goodputRatioAt5x: 0.9,
  /**
   * Resident memory of the node, as a small container has it: 150 MiB of Node itself and 2,000 sessions, 64 MiB
   * of newest events (`tailBytes` of 1,000 live conversations), 20 MiB of sends that wait, and what V8 does not
   * collect at once with half a core.
   */
  rssPeakBytes: 512 * 2 ** 20,
} as const

export interface OverloadBenchOptions {
  /** Clients that do not wait when they are told to: reported, nothing is asked of it. */
  readonly rude: boolean
}

interface Step {
  readonly times: number
  readonly result: DemandResult
}

/** Useful work under more demand than a node of half a core can serve, per second. */
export async function benchOverload(bed: TestBed, { rude }: OverloadBenchOptions): Promise<Measurement> {
  const quota = await CpuQuota.open(CORES)
  // Ends after the node, which is in it.
  bed.onClose(() => quota.close())
  const users = userNames(usersOf(bed))
  const pairs = Array.from({ length: users.length / 2 }, (_, pair) => ({
    conversation: conversationOf(pair * 2),
    members: users.slice(pair * 2, pair * 2 + 2),
  }))
  await bed.createGroups(pairs)
  const node = await bed.startNode({ noLimits: true })
  await quota.add(node.pid)
  const load = bed.startLoad()
  await load.connect(node.url, await bed.tokens(users), HEARTBEAT_MS)
  const closed = await closedLoops(bed, load)
  const capacity = Math.max(...closed.map((result) => perSecond(result, result.acked)))
  const steps = await openLoops(bed, load, capacity, rude)
  const results = [...closed, ...steps.map(({ result }) => result)]
  const stored = await compareWithLog(bed.databaseUrl, results)
  const figures = {
    capacityPerSecond: capacity,
    ...Object.fromEntries(steps.flatMap(figuresOf)),
    goodputRatioAt5x: ratioAtHighest(steps),
    goodputOfCapacityAt5x: goodputAtHighest(steps) / capacity,
    rssPeakBytes: await rssPeakBytes(node.pid),
    ...stored,
    unanswered: sumOf(results, ({ unanswered }) => unanswered),
    closedConnections: results.at(-1)?.closedConnections ?? 0,
  }
  const isWhole = figures.lost + figures.doubled + figures.closedConnections + figures.unanswered === 0
  const isReached =
    figures.goodputRatioAt5x >= REACH.goodputRatioAt5x && figures.rssPeakBytes <= REACH.rssPeakBytes
  return { figures, ok: isWhole && (rude || isReached) }
}

const usersOf = ({ smoke }: TestBed): number => (smoke ? USERS_IN_SMOKE : USERS)
const conversationOf = (user: number): string => `pair-${user >> 1}`

function plan(bed: TestBed, manners: DemandPlan['manners']): Omit<DemandPlan, 'pace'> {
  return {
    users: Array.from({ length: usersOf(bed) }, (_, connection) => ({
      connection,
      conversation: conversationOf(connection),
    })),
    manners,
    bodyBytes: BODY_BYTES,
    patienceMs: PATIENCE_MS,
    warmUpMs: bed.smoke ? 300 : 3_000,
    measureMs: bed.smoke ? 700 : 8_000,
    drainMs: DRAIN_MS,
  }
}

async function closedLoops(bed: TestBed, load: LoadProcess): Promise<DemandResult[]> {
  const results: DemandResult[] = []
  for (const perUser of UNDER_WAY_PER_USER) {
    const result = await load.demand({ ...plan(bed, 'patient'), pace: { loop: 'closed', perUser } })
    bed.say(`${perUser * usersOf(bed)} under way: ${story(result)}`)
    results.push(result)
  }
  return results
}

async function openLoops(bed: TestBed, load: LoadProcess, capacity: number, rude: boolean): Promise<Step[]> {
  const steps: Step[] = []
  for (const times of STEPS) {
    const pace = { loop: 'open', perSecond: times * capacity } as const
    const result = await load.demand({ ...plan(bed, rude ? 'rude' : 'patient'), pace })
    bed.say(`${times} × capacity: ${story(result)}`)
    steps.push({ times, result })
  }
  return steps
}

function figuresOf({ times, result }: Step): readonly (readonly [string, number])[] {
  const at = (name: string): string => `${name}At${times}x`
  return [
    [at('goodput'), goodput(result)],
    [at('admittedMsP99'), new Histogram(result.admittedLatency).quantileMs(0.99)],
    [at('refused'), perSecond(result, result.refused)],
    [at('generatorLagMsP99'), new Histogram(result.generatorLag).quantileMs(0.99)],
  ]
}

const goodputAtHighest = (steps: readonly Step[]): number =>
  Math.max(...steps.filter(({ times }) => times === HIGHEST).map(({ result }) => goodput(result)))

/** Of the best of all steps, itself included. */
const ratioAtHighest = (steps: readonly Step[]): number =>
  goodputAtHighest(steps) / Math.max(...steps.map(({ result }) => goodput(result)))

const perSecond = ({ measuredMs }: DemandResult, count: number): number => (count * 1_000) / measuredMs
const goodput = (result: DemandResult): number => perSecond(result, result.good)
const sumOf = (results: readonly DemandResult[], of: (result: DemandResult) => number): number =>
  results.reduce((sum, result) => sum + of(result), 0)

function story(result: DemandResult): string {
  const rate = (count: number): number => Math.round(perSecond(result, count))
  const { wanted, heldBack, sent, refused, acked, good } = result
  return (
    `${rate(wanted)} wanted a second, ${rate(heldBack)} held back, ${rate(sent)} sent, ${rate(refused)} refused, ` +
    `${rate(acked)} acknowledged, ${rate(good)} of them in time`
  )
}

/** Takes the acknowledgements at their word: each of them stands in the log, once. */
async function compareWithLog(
  databaseUrl: string,
  results: readonly DemandResult[],
): Promise<{ readonly acked: number; readonly lost: number; readonly doubled: number }> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ id: string; times: number }>(
      `select client_id::text as id, count(*)::int as times from skein.event
       where app = $1 and kind = 'message' group by client_id`,
      [BENCH_APP],
    )
    const logged = new Set(rows.map(({ id }) => parseInt(id.slice(id.lastIndexOf('-') + 1), 16)))
    const acked = new Set(results.flatMap(({ ackedSerials }) => ackedSerials))
    let lost = 0
    for (const serial of acked) if (!logged.has(serial)) lost++
    return { acked: acked.size, lost, doubled: rows.filter(({ times }) => times > 1).length }
  } finally {
    await client.end()
  }
}
