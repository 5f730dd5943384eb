import type { Bus } from '../../bus/bus.ts'
import type { ClusterStatus, NodeStatus } from '../../member/status.ts'
import type { NodeStats } from '../../node/node-stats.ts'
import type { Health } from '../../probe/health.ts'
import type { GuardStatus } from '../guards.ts'

/** What a node knows of itself at the moment of a scrape. */
export interface NodeFacts {
  readonly version: string
  readonly stats: NodeStats
  readonly health: Health
  readonly bus: Pick<Bus, 'kind' | 'state' | 'counters'>
  readonly guards: readonly GuardStatus[]
  readonly process: {
    readonly cpuMs: number
    readonly rssBytes: number
    /** Milliseconds since 1970. */
    readonly startedAtMs: number
  }
  /** Undefined until the node is in its cluster. */
  readonly cluster: ClusterStatus | undefined
  /** This node among them. */
  readonly own: NodeStatus | undefined
}

export interface Sample {
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

/** A metric, said once: what is scraped and what docs/metrics.md says both come from here. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge'
  readonly name: string
  readonly help: string
  /** Their values are few and known beforehand: each combination is a time series for ever. */
  readonly labels: readonly string[]
  /** No samples: nothing is known now, which is not 0. */
  readonly read: (facts: NodeFacts) => readonly Sample[]
}

type Read = (facts: NodeFacts) => number | boolean | null | undefined

function one(value: ReturnType<Read>): readonly Sample[] {
  if (value === null || value === undefined) return []
  return [{ value: Number(value) }]
}

export const gauge = (name: string, help: string, read: Read): MetricDefinition => ({
  type: 'gauge',
  name,
  help,
  labels: [],
  read: (facts) => one(read(facts)),
})

export const counter = (name: string, help: string, read: Read): MetricDefinition => ({
  ...gauge(name, help, read),
  type: 'counter',
})

/** Prometheus counts in seconds. */
export const seconds = (milliseconds: number | null | undefined): number | undefined =>
  milliseconds === null || milliseconds === undefined ? undefined : milliseconds / 1_000

/** One series per possible state, 1 for the present one: so that a graph shows when it changed. */
export const stateSamples = <State extends string>(
  states: readonly State[],
  present: State,
  labels: Readonly<Record<string, string>> = {},
  label = 'state',
): readonly Sample[] =>
  states.map((state) => ({ value: state === present ? 1 : 0, labels: { ...labels, [label]: state } }))
