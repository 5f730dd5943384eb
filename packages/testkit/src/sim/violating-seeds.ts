import type { SimViolation } from './run-sim.ts'

/** A world in which promises were broken, and how to see it again. */
export interface ViolatingSeed {
  readonly seed: number
  readonly rerun: string
  /** Each rule once, however often it was broken. */
  readonly broken: readonly BrokenRule[]
}

export interface BrokenRule {
  readonly promise: SimViolation['promise']
  readonly rule: string
  readonly times: number
  /** The particulars of the first time. */
  readonly message: string
}

export function violatingSeeds(violations: readonly SimViolation[]): ViolatingSeed[] {
  const bySeed = new Map<number, { rerun: string; broken: Map<string, BrokenRule> }>()
  for (const { seed, rerun, promise, rule, message } of violations) {
    const world = bySeed.get(seed) ?? { rerun, broken: new Map<string, BrokenRule>() }
    bySeed.set(seed, world)
    const key = `${promise} ${rule}`
    const before = world.broken.get(key) ?? { promise, rule, times: 0, message }
    world.broken.set(key, { ...before, times: before.times + 1 })
  }
  return [...bySeed].map(([seed, { rerun, broken }]) => ({ seed, rerun, broken: [...broken.values()] }))
}
