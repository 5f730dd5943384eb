import type { Cancel, Runtime } from '@skein/core'
import { mustYieldDrain } from '../cluster/drain-permit.ts'
import { beginDrain, drainTick, type DrainProgress } from '../cluster/drain-plan.ts'
import { targetsFor, type PlanNode } from '../cluster/plan-node.ts'
import type { Moves } from '../cluster/spread.ts'
import type { Logger } from '../observe/logger.ts'
import { drainTimes, type DrainTimes } from './drain-times.ts'
import type { MemberNode } from './member-node.ts'
import type { MoveTerms } from './mover.ts'

const TICK_MS = 250
const DISMISSAL = 'this node is stopping'

export interface DrainerOptions {
  readonly node: MemberNode
  readonly runtime: Runtime
  readonly logger: Logger
  readonly selfId: string
  readonly planNodes: () => readonly PlanNode[]
  readonly move: (moves: Moves, terms: MoveTerms) => number
}

export interface DrainTerms {
  readonly windowMs: number
  /** Goes on when nobody else is ready any more. */
  readonly force: boolean
  /** Somebody waits for the process to end: whoever is left when the window ends is dismissed. */
  readonly hard: boolean
}

/** `yielded`: every other node drains too and this one went back to work. */
export type DrainEnd = 'done' | 'yielded'

interface Running {
  readonly done: Promise<DrainEnd>
  readonly end: (how: DrainEnd) => void
  terms: DrainTerms
  times: DrainTimes
  beganAtMs: number
  progress: DrainProgress
  lastTickMs: number
}

/** Moves this node's clients to the others, over a window and within a budget. The decisions are in `drain-plan.ts`. */
export class Drainer {
  readonly #options: DrainerOptions
  #running: Running | undefined
  #cancel: Cancel = () => {}

  constructor(options: DrainerOptions) {
    this.#options = options
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  /** When it ends at the latest, by the monotonic clock. */
  get endsAtMs(): number | undefined {
    return this.#running === undefined ? undefined : this.#running.beganAtMs + this.#running.times.endsAfterMs
  }

  /** Resolves when no client is left. A drain that runs already goes on by the new terms. */
  drain(terms: DrainTerms): Promise<DrainEnd> {
    const nowMs = this.#nowMs()
    const begun = {
      terms,
      times: this.#times(terms),
      beganAtMs: nowMs,
      progress: beginDrain(nowMs),
      lastTickMs: nowMs - TICK_MS,
    }
    if (this.#running !== undefined) {
      Object.assign(this.#running, begun)
      return this.#running.done
    }
    let end: (how: DrainEnd) => void = () => {}
    const done = new Promise<DrainEnd>((resolve) => (end = resolve))
    this.#running = { ...begun, done, end }
    this.#options.node.closeAdmission(DISMISSAL)
    this.#tick()
    return done
  }

  stop(): void {
    this.#cancel()
  }

  #times(terms: DrainTerms): DrainTimes {
    const { node, selfId, planNodes } = this.#options
    const targets = targetsFor(planNodes(), selfId).length
    return drainTimes({ ...terms, sessions: node.sessionCount, targets })
  }

  #tick(): void {
    const running = this.#running
    if (running === undefined) return
    const { node, selfId, planNodes, runtime } = this.#options
    const nodes = planNodes()
    if (node.sessionCount === 0) return this.#end(running, 'done')
    if (!running.terms.force && mustYieldDrain(nodes, selfId)) return this.#yield(running)
    if (this.#nowMs() >= running.beganAtMs + running.times.endsAfterMs) return this.#dismiss(running)
    this.#ask(running, nodes)
    this.#cancel = runtime.timers.after(TICK_MS, () => this.#tick())
  }

  #ask(running: Running, nodes: readonly PlanNode[]): void {
    const { node, selfId, move } = this.#options
    const { progress, times, lastTickMs } = running
    const nowMs = this.#nowMs()
    const tick = drainTick(times.plan, progress, {
      selfId,
      nodes,
      remaining: Math.max(0, node.sessionCount - node.leavingCount),
      nowMs,
      // A process that was stopped does not make up for it in one go.
      elapsedMs: Math.min(nowMs - lastTickMs, 2 * TICK_MS),
    })
    running.progress = tick.progress
    running.lastTickMs = nowMs
    move(tick.moves, { withinMs: times.withinMs, reason: 'this node is draining' })
  }

  #dismiss(running: Running): void {
    const { node, logger } = this.#options
    logger.warn({ sessions: node.sessionCount }, 'clients did not follow in time: they are sent away')
    node.dismissRest(DISMISSAL)
    this.#end(running, 'done')
  }

  #yield(running: Running): void {
    this.#options.node.openAdmission()
    this.#end(running, 'yielded')
  }

  #end(running: Running, how: DrainEnd): void {
    this.#cancel()
    this.#running = undefined
    running.end(how)
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }
}
