import { REPORT_TTL_MS, warmth, type Endpoint, type SlowStart, type Standing } from '@skein/resilience'
import { EJECTION_WORDS } from './ejection-words.ts'
import type { PooledNode } from './pooled-node.ts'

export const SEEN_STATES = ['ready', 'unready', 'away', 'draining', 'ejected', 'probing'] as const

/** What an operator reads of a node: the worst that is known of it. */
export type SeenState = (typeof SEEN_STATES)[number]

export interface NodeSnapshot {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly zone: string
  readonly region: string
  readonly state: SeenState
  /** Why it is not ready, in words; empty when it is. */
  readonly reason: string
  readonly weight: number
  /** Through this edge, now. */
  readonly connections: number
  /** Of these, without an answer yet. */
  readonly inFlight: number
  /** Given to it since it joined, failed attempts included. */
  readonly picked: number
  /** 0–100; null: no report, or an old one. */
  readonly headroom: number | null
  readonly reportAgeMs: number | null
  /** Time to the first byte of an answer, smoothed; null: not measured yet. */
  readonly firstByteMs: number | null
  /** Slow start: the part of its share that it is given now, 0–1. */
  readonly warmth: number
}

export interface SeenAs {
  /** As the outlier ejector shows it. */
  readonly endpoint: Endpoint
  readonly standing: Standing | undefined
  readonly nowMs: number
  readonly slowStart: SlowStart
}

export function snapshotOf(node: PooledNode, { endpoint, standing, nowMs, slowStart }: SeenAs): NodeSnapshot {
  const { name, host, port, zone, region, weight, connections, inFlight, picked, report, rtt } = node
  const reportAgeMs = report === undefined ? null : Math.max(0, Math.round(nowMs - report.atMs))
  return {
    name,
    host,
    port,
    zone,
    region,
    ...seenState(node, standing, nowMs),
    weight,
    connections,
    inFlight,
    picked,
    headroom: report === undefined || nowMs - report.atMs > REPORT_TTL_MS ? null : report.headroom,
    reportAgeMs,
    firstByteMs: rtt === undefined ? null : Math.round(rtt.costMs * 10) / 10,
    warmth: Math.round(warmth(endpoint, nowMs, slowStart) * 100) / 100,
  }
}

function seenState(
  { health, state, reason }: PooledNode,
  standing: Standing | undefined,
  nowMs: number,
): Pick<NodeSnapshot, 'state' | 'reason'> {
  if (health.state === 'away') return { state: 'away', reason: 'nobody answers at its address' }
  if (state === 'draining') return { state: 'draining', reason }
  if (health.state === 'unready') return { state: 'unready', reason: reason || 'it wants no new clients now' }
  if (standing?.name === 'probing') return { state: 'probing', reason: 'one connection tries it' }
  if (standing?.name === 'ejected') {
    const leftMs = Math.max(0, Math.round(standing.untilMs - nowMs))
    return { state: 'ejected', reason: `${EJECTION_WORDS[standing.reason]}; tried again in ${leftMs} ms` }
  }
  return { state: 'ready', reason: '' }
}
