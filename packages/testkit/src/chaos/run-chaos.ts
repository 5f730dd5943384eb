import { seededRandom } from '@skein/core'
import type { NodeProgram } from '../cluster-bed/bed-node.ts'
import { ClusterBed, REGION } from '../cluster-bed/cluster-bed.ts'
import type { SessionTrace } from '../cluster-bed/clients/session-tracer.ts'
import { TalkProcess } from '../cluster-bed/clients/talk-process.ts'
import { type Figures, figuresOf } from '../cluster-bed/figures.ts'
import { builtModule } from '../processes/built-module.ts'
import { nowMs } from '../processes/shared-clock.ts'
import { violationText } from '../history/history.ts'
import { failuresOf, ZEROS } from './expectations.ts'
import { judgeTalk } from './judge.ts'
import type { Scenario } from './scenario.ts'
import { Stage } from './stage.ts'
import { StallWatch } from './stall-watch.ts'
import { castOf } from './talk/cast.ts'
import type { ReadTalkOutcome, TalkPlan } from './talk/talk-plan.ts'

export interface ChaosOptions {
  readonly seed: number
  /** How `skein node` is run. */
  readonly program: NodeProgram
  readonly onProgress?: (line: string) => void
  /** Ends it early, and cleans up. */
  readonly signal?: AbortSignal
}

export interface ChaosReport {
  readonly scenario: string
  readonly seed: number
  readonly ok: boolean
  /** What did not hold. */
  readonly failures: readonly string[]
  /** The first of the violations that the history checker found. */
  readonly violations: readonly string[]
  readonly figures: Figures
  /** What only this scenario measures. */
  readonly measured: Readonly<Record<string, number>>
  /** What was done, and when, counted from the first message. */
  readonly faults: readonly { readonly what: string; readonly atMs: number }[]
  /** How connections ended that had been good, and how often: who, code, words. */
  readonly ends: Readonly<Record<string, number>>
  /** The longest time that this machine had no time for us: what exceeds its bound by less says little. */
  readonly stallMsMax: number
  readonly elapsedMs: number
}

const APP = 'chaos'
const DEFAULT_NODES = 3
const DEFAULT_TALK = { users: 54, secondDevices: 6, groupSize: 6, perSecond: 40, changesPerSecond: 0.5 }
/** What is under way when the talk ends has this long. */
const SETTLE_MS = 30_000
const SHOWN_VIOLATIONS = 20
/** Of the words of nodes, when a run fails to run. */
const SHOWN_CHARACTERS = 600

/** Plays one scenario on a cluster of its own, and judges it. Rejects when it cannot be played at all. */
export async function runChaos(scenario: Scenario, options: ChaosOptions): Promise<ChaosReport> {
  options.signal?.throwIfAborted()
  const startMs = nowMs()
  const say = (line: string): void => options.onProgress?.(`${scenario.name}: ${line}`)
  say('starting the cluster')
  await using bed = await ClusterBed.open({
    nodes: scenario.nodes ?? DEFAULT_NODES,
    program: scenario.settableClock === true ? SETTABLE_CLOCK : options.program,
    ...(scenario.redis !== undefined && { redis: scenario.redis }),
    ...(scenario.env !== undefined && { env: scenario.env }),
    ...(scenario.edges !== undefined && { edges: scenario.edges }),
    ...(scenario.proxies !== undefined && { proxies: scenario.proxies }),
    ...(scenario.mirrors !== undefined && { mirrors: scenario.mirrors }),
  })
  const talk = new TalkProcess<TalkPlan, ReadTalkOutcome>('chaos/talk/talk-main.js', 'talk')
  try {
    const report = await play(scenario, bed, talk, options, say)
    return { ...report, elapsedMs: Math.round(nowMs() - startMs) }
  } catch (error) {
    options.signal?.throwIfAborted()
    const words = bed.nodes.map(({ name, output }) => `${name}: ${output.slice(-SHOWN_CHARACTERS)}`)
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`${scenario.name} could not be played: ${why}\n${words.join('\n')}`, { cause: error })
  } finally {
    await talk.end()
  }
}

const SETTABLE_CLOCK: NodeProgram = { module: builtModule('cluster-bed/settable-clock-main.js'), args: [] }

async function play(
  scenario: Scenario,
  bed: ClusterBed,
  talk: Stage['talk'],
  { seed, signal }: ChaosOptions,
  say: (line: string) => void,
): Promise<Omit<ChaosReport, 'elapsedMs'>> {
  const random = seededRandom(seed)
  const stage = new Stage({ bed, talk, random, say, signal })
  const plan = planOf(scenario, bed, seed)
  await talk.open(plan)
  await talk.begin()
  const stall = new StallWatch()
  const fromMs = nowMs()
  await scenario.play(stage)
  await talk.hush()
  const untilMs = nowMs()
  const stallMsMax = Math.round(stall.stop())
  say('waiting until everybody has caught up')
  const { offline } = await talk.settle(SETTLE_MS)
  stage.check(`everybody is online in the end, ${offline} are not`, offline === 0)
  say('judging')
  const outcome = await talk.finish()
  const violations = await judgeTalk(await bed.store(), APP, outcome)
  const { traces, sends, warnings } = outcome
  const run = { traces, faults: stage.faults, fromMs, untilMs, sends, violations }
  const figures = figuresOf(run)
  scenario.judge?.(stage, { ...run, warnings, cast: castOf(plan) })
  const failures = [...failuresOf(figures, [...ZEROS, ...scenario.expect]), ...stage.failures]
  return {
    scenario: scenario.name,
    seed,
    ok: failures.length === 0,
    failures,
    violations: violations.slice(0, SHOWN_VIOLATIONS).map(violationText),
    figures: rounded(figures),
    measured: stage.figures,
    ends: endsOf(traces, untilMs),
    stallMsMax,
    faults: stage.faults.map(({ what, atMs }) => ({ what, atMs: Math.round(atMs - fromMs) })),
  }
}

function planOf({ talk, narrow, edges, proxies }: Scenario, bed: ClusterBed, seed: number): TalkPlan {
  const { urls, jwtSecret: secret, mirrors, signer } = bed
  const dispatch = {
    urls: mirrors.map(({ url }) => url),
    keys: [signer.publicKey],
    home: { zone: [...(edges ?? []), ...(proxies ?? [])][0]?.zone ?? '', region: REGION },
  }
  const plan: TalkPlan = {
    ...DEFAULT_TALK,
    ...talk,
    urls,
    secret,
    app: APP,
    seed,
    ...(mirrors.length > 0 && { dispatch }),
  }
  if (narrow === undefined) return plan
  return { ...plan, narrow: { sessions: narrow, urls: bed.nodes.map((node) => node.narrowUrl) } }
}

function endsOf(traces: readonly SessionTrace[], untilMs: number): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { liveMs, endedMs = Infinity, end } of traces.flatMap(({ connections }) => connections)) {
    if (liveMs === undefined || end === undefined || endedMs > untilMs) continue
    const how = `${end.by} ${end.code} ${end.reason}`.trim()
    counts[how] = (counts[how] ?? 0) + 1
  }
  return counts
}

const rounded = (figures: Figures): Figures =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]: [string, number]) => [name, Math.round(value)]),
  ) as { -readonly [Name in keyof Figures]: number }
