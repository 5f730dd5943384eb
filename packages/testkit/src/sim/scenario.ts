import { randomInt, seededRandom, type Random } from '@skein/core'

/** What a seed decides before anything runs. */
export interface Scenario {
  readonly seed: number
  readonly users: readonly string[]
  /** Open tabs per user at the start. */
  readonly tabsOf: readonly number[]
  readonly nodes: number
  readonly tokenTtlMs: number
  readonly activeMs: number
  /** Mean time between two doings of one tab. */
  readonly pauseMs: number
  /** When the database fails over and loses its newest commits; undefined: never. */
  readonly failover: { readonly atMs: number; readonly lose: number } | undefined
}

const NAMES = ['ann', 'bob', 'cem', 'dee', 'eva']
const FAILOVER_SHARE = 0.1
const HOUR_MS = 3_600_000

export function drawScenario(seed: number, random: Random = seededRandom(seed)): Scenario {
  const users = NAMES.slice(0, 2 + randomInt(random, NAMES.length - 1))
  const activeMs = 8_000 + random.next() * 22_000
  return {
    seed,
    users,
    tabsOf: users.map(() => 1 + Number(random.next() < 0.25)),
    nodes: 1 + Number(random.next() < 0.6),
    tokenTtlMs: random.next() < 0.25 ? 15_000 : HOUR_MS,
    activeMs,
    pauseMs: 300 + random.next() * 1_500,
    failover:
      random.next() < FAILOVER_SHARE
        ? { atMs: activeMs * (0.3 + 0.5 * random.next()), lose: 1 + randomInt(random, 12) }
        : undefined,
  }
}
