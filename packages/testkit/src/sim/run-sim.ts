import { checkHistory } from '../history/check.ts'
import type { BrokenPromise } from '../history/history.ts'
import { emptyFaultCounts, FAULT_KINDS, type FaultKind } from './faults/fault-kinds.ts'
import { hashHistory } from './hash-history.ts'
import type { Sabotage } from './sabotage.ts'
import { drawScenario } from './scenario.ts'
import { Simulation } from './simulation.ts'
import type { StoryName } from './stories/index.ts'
import { violatingSeeds, type ViolatingSeed } from './violating-seeds.ts'

export interface SimOptions {
  /** How many seeds to run, from `seed` on. */
  readonly seeds: number
  /** The first seed; 1 unless told. */
  readonly seed?: number
  /** After every seed. */
  onProgress?(progress: SimProgress): void
}

export interface SimProgress {
  readonly done: number
  readonly seeds: number
  readonly violations: number
}

export interface SimViolation {
  readonly seed: number
  /** `crash`: the run itself broke, which is no better. */
  readonly promise: BrokenPromise | 'crash'
  readonly rule: string
  readonly message: string
  readonly rerun: string
}

export interface SimReport {
  readonly ok: boolean
  readonly firstSeed: number
  readonly seeds: number
  /** Nodes of all worlds, and clients that these asked to move. */
  readonly nodes: number
  readonly migrations: number
  /** What apps did, messages that they sent, events in the logs, what clients were told of them. */
  readonly operations: number
  readonly sends: number
  readonly acknowledged: number
  readonly logged: number
  readonly deliveries: number
  readonly faults: Readonly<Record<FaultKind, number>>
  /** The same by seed, for who reads it. */
  readonly violatingSeeds: readonly ViolatingSeed[]
  readonly violations: readonly SimViolation[]
  /** Virtual events; and real time, the one figure here that a seed does not decide. */
  readonly events: number
  readonly elapsedMs: number
}

/** Runs seeds one after the other; a seed always gives the same run. */
export async function runSim(options: SimOptions): Promise<SimReport> {
  const firstSeed = options.seed ?? 1
  const startedMs = performance.now()
  const faults = emptyFaultCounts()
  const violations: SimViolation[] = []
  const sums = nothing()
  for (let done = 0; done < options.seeds; done++) {
    const outcome = await runSeed(firstSeed + done)
    violations.push(...outcome.violations)
    for (const kind of FAULT_KINDS) faults[kind] += outcome.faults[kind]
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += outcome[key]
    options.onProgress?.({ done: done + 1, seeds: options.seeds, violations: violations.length })
  }
  const elapsedMs = Math.round(performance.now() - startedMs)
  return {
    ok: violations.length === 0,
    firstSeed,
    seeds: options.seeds,
    ...sums,
    faults,
    violatingSeeds: violatingSeeds(violations),
    violations,
    elapsedMs,
  }
}

type Sums = Pick<
  SimReport,
  'nodes' | 'migrations' | 'operations' | 'sends' | 'acknowledged' | 'logged' | 'deliveries' | 'events'
>

const nothing = (): { -readonly [Key in keyof Sums]: number } => ({
  nodes: 0,
  migrations: 0,
  operations: 0,
  sends: 0,
  acknowledged: 0,
  logged: 0,
  deliveries: 0,
  events: 0,
})

export interface SeedOutcome extends Sums {
  readonly story: StoryName
  readonly faults: Readonly<Record<FaultKind, number>>
  readonly violations: readonly SimViolation[]
  /** Of everything that happened: the same seed gives the same. */
  readonly hash: string
}

export async function runSeed(seed: number, sabotage?: Sabotage): Promise<SeedOutcome> {
  const rerun = `skein sim --seed ${seed} --seeds 1`
  const scenario = drawScenario(seed)
  const { story, nodes } = scenario
  try {
    const { history, operations, migrations, faults, events } = await new Simulation(scenario, sabotage).run()
    return {
      story,
      nodes,
      migrations,
      operations,
      sends: history.sends.length,
      acknowledged: history.sends.filter(({ acked }) => acked).length,
      logged: history.log.length,
      deliveries: history.clients.reduce((sum, client) => sum + client.deliveries.length, 0),
      events,
      faults: faults.counts,
      violations: checkHistory(history).map((violation) => ({ seed, ...violation, rerun })),
      hash: hashHistory(history),
    }
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return {
      ...nothing(),
      story,
      nodes,
      faults: emptyFaultCounts(),
      violations: [{ seed, promise: 'crash', rule: 'runBroke', message, rerun }],
      hash: '',
    }
  }
}
