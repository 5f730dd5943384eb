import { assert } from '@skein/core'
import { targetsFor, type PlanNode } from './plan-node.ts'
import { addMoves, countOf, spread, type Moves } from './spread.ts'

export interface DrainOptions {
  /** All sessions should be gone by then. */
  readonly windowMs: number
  /** Migrations per second that the others can take; the window gives way to it. */
  readonly budgetPerSecond: number
}

export interface DrainProgress {
  readonly askedAtMs: number
  /** Parts of a migration that earlier ticks left over. */
  readonly carry: number
  readonly moved: Moves
}

export const beginDrain = (nowMs: number): DrainProgress => ({
  askedAtMs: nowMs,
  carry: 0,
  moved: new Map(),
})

export interface DrainTick {
  readonly moves: Moves
  readonly progress: DrainProgress
  /** `noTarget`: nobody can take them now; they stay until somebody can, or the window ends. */
  readonly outcome: 'moving' | 'done' | 'noTarget' | 'windowOver'
}

export interface DrainQuestion {
  readonly selfId: string
  readonly nodes: readonly PlanNode[]
  /** Not yet asked to migrate. */
  readonly remaining: number
  readonly nowMs: number
  readonly elapsedMs: number
}

/**
 * How many to ask now, and to go where. Evenly over what is left of the window, so that a late start or
 * a missing target is made up for, but never faster than the budget. Past the window the rest goes at
 * the budget's rate: `windowOver` tells the caller, who may have a supervisor waiting.
 */
export function drainTick(
  { windowMs, budgetPerSecond }: DrainOptions,
  progress: DrainProgress,
  { selfId, nodes, remaining, nowMs, elapsedMs }: DrainQuestion,
): DrainTick {
  assert(budgetPerSecond > 0, `budgetPerSecond must be above 0, got ${budgetPerSecond}`)
  const over = nowMs >= progress.askedAtMs + windowMs
  const none: Moves = new Map()
  if (remaining === 0) return { moves: none, progress, outcome: 'done' }
  const targets = targetsFor(nodes, selfId)
  if (targets.length === 0) return { moves: none, progress, outcome: over ? 'windowOver' : 'noTarget' }
  const leftMs = Math.max(elapsedMs, progress.askedAtMs + windowMs - nowMs)
  const due = Math.min((remaining * elapsedMs) / leftMs, (budgetPerSecond * elapsedMs) / 1_000)
  const exact = due + progress.carry
  const count = Math.min(remaining, Math.floor(exact + 1e-9))
  const shares = targets.map(({ id, headroom, weight }) => ({ id, weight: Math.max(1, headroom) * weight }))
  const moves = spread(count, shares, progress.moved)
  const carry = Math.min(1, Math.max(0, exact - countOf(moves)))
  return {
    moves,
    progress: { ...progress, carry, moved: addMoves(progress.moved, moves) },
    outcome: over ? 'windowOver' : 'moving',
  }
}

/** How long a drain takes at least, for who asks for one: the window, or longer where the budget says so. */
export const drainTakesMs = ({ windowMs, budgetPerSecond }: DrainOptions, sessions: number): number =>
  Math.max(windowMs, (sessions / budgetPerSecond) * 1_000)
