import { unreachable } from '@skein/core'
import type { ClusterBench, ClusterTools } from './cluster/cluster-bench.ts'
import { describeEnvironment, type Environment } from './environment.ts'
import { benchFailover, type FailoverMode } from './failover.ts'
import { benchFanout } from './fanout.ts'
import { benchIdle } from './idle.ts'
import { benchOverload, type OverloadBenchOptions } from './overload/overload-bench.ts'
import { benchRebalance } from './rebalance.ts'
import { benchRolling } from './rolling.ts'
import { rounded } from './rounded.ts'
import { benchSends } from './sends.ts'
import { benchStorm } from './storm.ts'
import { openTestBed, type TestBed } from './test-bed.ts'

export const BENCH_NAMES = ['sends', 'fanout', 'idle', 'overload'] as const
export type BenchName = (typeof BENCH_NAMES)[number]

export const CLUSTER_BENCH_NAMES = ['failover', 'rolling', 'storm', 'rebalance'] as const
export type ClusterBenchName = (typeof CLUSTER_BENCH_NAMES)[number]

export interface BenchOptions {
  /** Less of everything: shows that it runs, says nothing about speed. */
  readonly smoke?: boolean
  /** A line about what is done now, for people. */
  onProgress?(line: string): void
}

export interface NodeBenchOptions extends BenchOptions, Partial<OverloadBenchOptions> {}

export interface ClusterBenchOptions extends BenchOptions {
  readonly tools: ClusterTools
  /** How a node ends in `failover`: `kill` unless told. */
  readonly mode?: FailoverMode
}

export interface BenchReport {
  readonly bench: BenchName | ClusterBenchName
  /** Of `failover`. */
  readonly mode?: FailoverMode
  /** Of `overload`. */
  readonly rude?: boolean
  readonly figures: Readonly<Record<string, number>>
  readonly environment: Environment
  /** Every figure reaches what issue and docs ask of it. */
  readonly ok: boolean
}

/** What a bench measured, and whether that is what is asked of it. */
export interface Measurement {
  readonly figures: Readonly<Record<string, number>>
  readonly ok: boolean
}

/** Runs one bench with a real server process on a real PostgreSQL, load from another process. Takes minutes. */
export async function runBench(name: BenchName, options: NodeBenchOptions = {}): Promise<BenchReport> {
  const { rude = false } = options
  const bed = await openTestBed(options)
  try {
    const { figures, ok } = await measure(name, bed, rude)
    const environment = await describeEnvironment(bed.databaseUrl)
    return { bench: name, ...(rude && { rude }), figures: rounded(figures), environment, ok }
  } finally {
    await bed.close()
  }
}

/** Runs one bench on a cluster of real node processes, SDK clients in others. Takes minutes. */
export async function runClusterBench(
  name: ClusterBenchName,
  options: ClusterBenchOptions,
): Promise<BenchReport> {
  const { tools, smoke = false, mode = 'kill' } = options
  let environment: Environment | undefined
  const { figures, ok } = await measureCluster(name, mode, {
    tools,
    smoke,
    say: (line) => options.onProgress?.(line),
    async databaseRuns(url) {
      environment ??= await describeEnvironment(url)
    },
  })
  if (environment === undefined) throw new Error(`the bench ${name} started no cluster`)
  return { bench: name, ...(name === 'failover' && { mode }), figures: rounded(figures), environment, ok }
}

function measureCluster(
  name: ClusterBenchName,
  mode: FailoverMode,
  bench: ClusterBench,
): Promise<Measurement> {
  switch (name) {
    case 'failover':
      return benchFailover(bench, mode)
    case 'rolling':
      return benchRolling(bench)
    case 'storm':
      return benchStorm(bench)
    case 'rebalance':
      return benchRebalance(bench)
    default:
      return unreachable(name)
  }
}

function measure(name: BenchName, bed: TestBed, rude: boolean): Promise<Measurement> {
  switch (name) {
    case 'sends':
      return benchSends(bed)
    case 'fanout':
      return benchFanout(bed)
    case 'idle':
      return benchIdle(bed)
    case 'overload':
      return benchOverload(bed, { rude })
    default:
      return unreachable(name)
  }
}
