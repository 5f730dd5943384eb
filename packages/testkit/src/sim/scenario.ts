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
  /** Share of tabs that are told lists instead of URLs; 0: there are no lists. */
  readonly dispatchShare: number
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
  storm: 0.42,
  deploy: 0.09,
  death: 0.09,
  silence: 0.06,
  shared: 0.08,
  slow: 0.07,
  flapping: 0.07,
  limits: 0.04,
  lists: 0.05,
  overload: 0.03,
}
const MOST_NODES = 5
/** Who is to be worse off than others needs two others that are well; one of those of lists has yet to start. */
const LEAST_NODES: Partial<Readonly<Record<StoryName, number>>> = {
  silence: 3,
  slow: 3,
  flapping: 3,
  lists: 4,
}
const LIMITED_SHARE = 0.25
/** Batches that leave somebody behind, and a wait that is soon too long. */
const CROWDED: Partial<NodeLimits> = { batchEntries: 20, queueTargetMs: 200 }
const DISPATCH_SHARE = 0.4
const FAILOVER_SHARE = 0.1
const HOUR_MS = 3_600_000

export function drawScenario(seed: number, random: Random = seededRandom(seed)): Scenario {
  const users = NAMES.slice(0, 2 + randomInt(random, NAMES.length - 1))
  const activeMs = 8_000 + random.next() * 22_000
  const story = drawStory(random.next())
  const nodes = drawNodes(story, random)
  const spares = hasSpares(story, nodes, random)
  const access = story === 'lists' || random.next() < 0.6 ? 'direct' : 'front'
  return {
    seed,
    story,
    users,
    tabsOf: users.map(() => (story === 'overload' ? 2 : 1 + Number(random.next() < 0.25))),
    nodes,
    spares,
    access,
    tokenTtlMs: random.next() < 0.25 ? 15_000 : HOUR_MS,
    dispatchShare: dispatchShareOf(story, access, seededRandom(seed ^ 0xd15)),
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

const hasSpares = (story: StoryName, nodes: number, random: Random): number =>
  story === 'lists' || ((story === 'storm' || story === 'deploy') && nodes > 2 && random.next() < 0.3) ? 1 : 0

/** Behind one address there is nothing to choose from. */
function dispatchShareOf(story: StoryName, access: Scenario['access'], random: Random): number {
  if (access === 'front') return 0
  if (story === 'lists') return 1
  return random.next() < DISPATCH_SHARE ? 0.3 + 0.7 * random.next() : 0
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
  const least = LEAST_NODES[story] ?? 2
  return least + randomInt(random, MOST_NODES - least + 1)
}
