import { randomInt, seededRandom, type Random } from '@skein/core'
import type { NodeLimits } from '@skein/server'
import type { SimCluster } from './cluster/sim-cluster.ts'
import { drawLimits } from './limits/draw-limits.ts'
import type { LimitTerms } from './limits/sim-limits.ts'
import type { StoryName } from './stories/index.ts'

/** What a seed decides before anything runs. */
export interface Scenario {
  readonly seed: number
  readonly story: StoryName
  readonly users: readonly string[]
  /** Open tabs per user at the start. */
  readonly tabsOf: readonly number[]
  readonly nodes: number
  /** Of these, so many are there for later: nobody has started them. */
  readonly spares: number
  readonly access: SimCluster['access']
  readonly tokenTtlMs: number
  /** Undefined: nothing is limited. */
  readonly limits: LimitTerms | undefined
  /** What differs from the usual bounds of a node. */
  readonly nodeLimits: Partial<NodeLimits>
  readonly activeMs: number
  /** Mean time between two doings of one tab. */
  readonly pauseMs: number
  /** When the database fails over and loses its newest commits; undefined: never. */
  readonly failover: { readonly atMs: number; readonly lose: number } | undefined
}

const NAMES = ['ann', 'bob', 'cem', 'dee', 'eva']
const SHARES: Readonly<Record<StoryName, number>> = {
  storm: 0.44,
  deploy: 0.09,
  death: 0.09,
  silence: 0.07,
  shared: 0.08,
  slow: 0.07,
  flapping: 0.07,
  limits: 0.05,
  overload: 0.03,
}
const MOST_NODES = 5
const LIMITED_SHARE = 0.25
/** Batches that leave somebody behind, and a wait that is soon too long. */
const CROWDED: Partial<NodeLimits> = { batchEntries: 20, queueTargetMs: 200 }
const FAILOVER_SHARE = 0.1
const HOUR_MS = 3_600_000

export function drawScenario(seed: number, random: Random = seededRandom(seed)): Scenario {
  const users = NAMES.slice(0, 2 + randomInt(random, NAMES.length - 1))
  const activeMs = 8_000 + random.next() * 22_000
  const story = drawStory(random.next())
  const nodes = drawNodes(story, random)
  return {
    seed,
    story,
    users,
    tabsOf: users.map(() => (story === 'overload' ? 2 : 1 + Number(random.next() < 0.25))),
    nodes,
    spares: (story === 'storm' || story === 'deploy') && nodes > 2 && random.next() < 0.3 ? 1 : 0,
    access: random.next() < 0.6 ? 'direct' : 'front',
    tokenTtlMs: random.next() < 0.25 ? 15_000 : HOUR_MS,
    limits: limitsOf(story, nodes, users.length, seededRandom(seed ^ 0x11a17)),
    nodeLimits: story === 'overload' ? CROWDED : {},
    activeMs,
    pauseMs: 300 + random.next() * 1_500,
    failover:
      story === 'storm' && random.next() < FAILOVER_SHARE
        ? { atMs: activeMs * (0.3 + 0.5 * random.next()), lose: 1 + randomInt(random, 12) }
        : undefined,
  }
}

/** Most seeds throw everything at once; the others do one thing and look closely at what it costs. */
function drawStory(roll: number): StoryName {
  let left = roll
  for (const [story, share] of Object.entries(SHARES) as [StoryName, number][]) {
    left -= share
    if (left < 0) return story
  }
  return 'storm'
}

/** Some of the worlds are limited, whatever happens in them. */
function limitsOf(story: StoryName, nodes: number, users: number, random: Random): LimitTerms | undefined {
  if (story === 'overload' || (story !== 'limits' && random.next() >= LIMITED_SHARE)) return undefined
  const leastPerSecond = story === 'limits' ? 6 : 2
  return drawLimits({ nodes, users, leastPerSecond, limitsConnects: story === 'storm' }, random)
}

function drawNodes(story: StoryName, random: Random): number {
  // One queue, so that it can be told who was turned away while it stood.
  if (story === 'overload') return 1
  if (story === 'storm') return random.next() < 0.3 ? 1 : 2 + randomInt(random, MOST_NODES - 1)
  // Who is to be worse off than others needs two others that are well.
  const least = story === 'silence' || story === 'slow' || story === 'flapping' ? 3 : 2
  return least + randomInt(random, MOST_NODES - least + 1)
}
