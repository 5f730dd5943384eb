import { setTimeout as sleep } from 'node:timers/promises'
import { CLOSE } from '@skein/protocol'
import type { SessionTrace } from '../cluster-bed/clients/session-tracer.ts'
import type { FaultMark } from '../cluster-bed/fault-mark.ts'
import { isHit, nextLiveMs, pickFigures, quantile } from '../cluster-bed/figures.ts'
import { nowMs } from '../processes/shared-clock.ts'
import type { Measurement } from './bench.ts'
import { type ClusterBench, size } from './cluster/cluster-bench.ts'
import { prepareQueryCount, QueryCount } from './cluster/query-count.ts'
import { isClean, MUST_BE_ZERO, Stand } from './cluster/stand.ts'

const NODES = 3
const VICTIM = 'node-1'
const SESSIONS = size(6_000, 120)
/** Each holds a file for every session, and the system gives a process 20,000. */
const CROWD_PROCESSES = 3
const MESSAGES_PER_SECOND = size(60, 12)
const TALK_BEFORE_MS = size(5_000, 1_000)
const BUS_SILENT_BEFORE_MS = 2_000
const PATIENCE_MS = 60_000
/** After the last one is back: what it asked for has been answered. */
const AFTERWARDS_MS = 1_000

/** What is asked (issue 3, item 8). */
const REACH = { backMsP100: 10_000, databaseQueriesPerResume: 0.1 } as const

/** A third of all sessions comes back at once while the bus is silent. */
export async function benchStorm(bench: ClusterBench): Promise<Measurement> {
  await using stand = await Stand.open({
    bench,
    way: 'direct',
    nodes: NODES,
    sessions: SESSIONS(bench),
    messagesPerSecond: MESSAGES_PER_SECOND(bench),
    crowdProcesses: CROWD_PROCESSES,
    prepare: prepareQueryCount,
  })
  await using count = await QueryCount.open(stand.bed.database.url)
  await stand.begin(TALK_BEFORE_MS(bench))
  stand.say('the bus falls silent')
  for (const { links } of stand.bed.nodes) links.database.deaf = true
  await sleep(BUS_SILENT_BEFORE_MS)
  const { fault, queries } = await storm(stand, count)
  for (const { links } of stand.bed.nodes) links.database.deaf = false
  const { figures, traces } = await stand.judge()
  const back = backTimes(traces, fault)
  const backMsP100 = quantile(back.tookMs, 1)
  const databaseQueriesPerResume = queries / Math.max(1, back.tookMs.length)
  return {
    figures: {
      backMsP50: quantile(back.tookMs, 0.5),
      backMsP99: quantile(back.tookMs, 0.99),
      backMsP100,
      rejected: back.turnedAway,
      databaseQueriesPerResume,
      ...pickFigures(figures, MUST_BE_ZERO),
      resumes: back.tookMs.length,
      sends: figures.sends,
    },
    ok:
      isClean(figures) &&
      back.tookMs.length > 0 &&
      backMsP100 <= REACH.backMsP100 &&
      databaseQueriesPerResume <= REACH.databaseQueriesPerResume,
  }
}

/** Kills a node; then lets the same time pass without one, to see what is asked of the database anyway. */
async function storm(
  stand: Stand,
  count: QueryCount,
): Promise<{ readonly fault: FaultMark; readonly queries: number }> {
  const node = stand.bed.node(VICTIM)
  const before = await count.reads()
  const fault = stand.fault(`kill ${node.name}`, node.name)
  await node.kill()
  await stand.untilServed(PATIENCE_MS, [node.name])
  await sleep(AFTERWARDS_MS)
  const windowMs = nowMs() - fault.atMs
  const after = await count.reads()
  stand.say(`everybody is back; the same ${Math.round(windowMs)} ms without a storm`)
  await sleep(windowMs)
  const later = await count.reads()
  stand.say(`${after - before} queries to read, ${later - after} without a storm`)
  return { fault, queries: Math.max(0, after - before - (later - after)) }
}

interface BackTimes {
  /** From the fault until resumed, of every session that the node served; infinite for who never came back. */
  readonly tookMs: readonly number[]
  readonly turnedAway: number
}

function backTimes(traces: readonly SessionTrace[], fault: FaultMark): BackTimes {
  const { atMs } = fault
  const hit = traces.filter((trace) => isHit(trace, fault))
  const turnedAway = traces
    .flatMap(({ connections }) => connections)
    .filter(({ endedMs = 0, end }) => endedMs > atMs && end?.by === 'server' && end.code === CLOSE.overloaded)
  return {
    tookMs: hit.map((trace) => (nextLiveMs(trace, atMs) ?? Infinity) - atMs),
    turnedAway: turnedAway.length,
  }
}
