import type { CommitEntry, CommitOutcome, ReadRequest, Store } from '@skein/server'
import { describe, expect, it } from 'vitest'
import type { BrokenPromise } from '../history/history.ts'
import { FAULT_KINDS } from './faults/fault-kinds.ts'
import { runSeed, runSim } from './run-sim.ts'
import type { Sabotage } from './sabotage.ts'
import { drawScenario } from './scenario.ts'
import { STORIES, type StoryName } from './stories/index.ts'

const SEEDS = 200
/** Seeds that a broken system gets to be found out. */
const PATIENCE = 40

describe('the simulated cluster', () => {
  it(`keeps P1 to P8 through ${SEEDS} seeds, and every kind of fault happens`, async () => {
    const report = await runSim({ seeds: SEEDS })
    expect(
      report.violations.map(
        ({ promise, rule, message, rerun }) => `${promise} ${rule}: ${message} (${rerun})`,
      ),
    ).toEqual([])
    expect(FAULT_KINDS.filter((kind) => report.faults[kind] === 0)).toEqual([])
    expect(report.acknowledged).toBeGreaterThan(SEEDS * 20)
    expect(report.deliveries).toBeGreaterThan(report.logged)
    expect(report.nodes).toBeGreaterThan(SEEDS * 2)
    expect(report.migrations).toBeGreaterThan(SEEDS)
  })

  it('runs the same twice for a seed, and otherwise for another', async () => {
    for (const story of Object.keys(STORIES)) {
      const seed = seedOf(story)
      const [once, twice, other] = [await runSeed(seed), await runSeed(seed), await runSeed(seed + 1)]
      expect(twice).toEqual(once)
      expect(other.hash).not.toBe(once.hash)
    }
  })
})

/** The first of its kind. */
function seedOf(story: string): number {
  let seed = 1
  while (drawScenario(seed).story !== story) seed++
  return seed
}

/** The store, with some of its methods replaced. */
const replaced = (store: Store, methods: Partial<Store>): Store =>
  new Proxy(store, {
    get(target, name) {
      const own = Reflect.get(methods, name) as unknown
      if (own !== undefined) return own
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })

function withoutAfter({ after, ...entry }: CommitEntry): CommitEntry {
  void after
  return entry
}

function withoutUser({ user, ...request }: ReadRequest): ReadRequest {
  void user
  return request
}

/** Ways to break a promise, and the promise that must be found broken. */
const STORES: Record<string, { readonly breaks: BrokenPromise; sabotage(store: Store): Store }> = {
  'acknowledges what it never committed': {
    breaks: 'P1',
    sabotage: (store) =>
      replaced(store, {
        async commit(lane, entries) {
          const outcomes = await store.commit(lane, entries.slice(0, 1))
          const [first] = outcomes
          return entries.map(
            (): CommitOutcome => first ?? { status: 'refused', code: 'malformed', message: '' },
          )
        },
      }),
  },
  'commits a retry again as if it were new': {
    breaks: 'P2',
    sabotage: (store) => {
      let copies = 0
      const known = new Set<string>()
      const renamed = (entry: CommitEntry): CommitEntry => {
        if (!known.has(entry.clientId)) {
          known.add(entry.clientId)
          return entry
        }
        return { ...entry, clientId: entry.clientId.slice(0, -6) + (0xa00000 + copies++).toString(16) }
      }
      return replaced(store, { commit: (lane, entries) => store.commit(lane, entries.map(renamed)) })
    },
  },
  'ignores which send comes before': {
    breaks: 'P3',
    sabotage: (store) =>
      replaced(store, {
        commit: (lane, entries) => store.commit(lane, entries.map(withoutAfter)),
      }),
  },
  'leaves an event out of what was missed': {
    breaks: 'P4',
    sabotage: (store) =>
      replaced(store, {
        async read(requests) {
          const pages = await store.read(requests)
          return pages.map((page) => ({
            ...page,
            records: page.records.length > 2 ? page.records.toSpliced(1, 1) : page.records,
          }))
        },
      }),
  },
  'shows a removed member what comes after': {
    breaks: 'P4',
    sabotage: (store) => replaced(store, { read: (requests) => store.read(requests.map(withoutUser)) }),
  },
}

/** What breaks a promise about time and health, and the story that looks at it. */
const CLUSTERS: Record<
  string,
  { readonly breaks: BrokenPromise; readonly story: StoryName; readonly sabotage: Sabotage }
> = {
  'does not find by the log what the bus lost': {
    breaks: 'P5',
    story: 'deploy',
    sabotage: {
      store: (store) =>
        replaced(store, { tail: (after) => Promise.resolve({ heads: [], vector: after, more: false }) }),
    },
  },
  'ends a node without moving its clients': {
    breaks: 'P7',
    story: 'deploy',
    sabotage: { neverDrains: true },
  },
  'calls a node healthy whose port answers': {
    breaks: 'P8',
    story: 'silence',
    sabotage: { health: (health) => ({ ...health, ready: true }) },
  },
  'takes all nodes out for what is not theirs': {
    breaks: 'P8',
    story: 'shared',
    sabotage: { health: (health) => ({ ...health, ready: !health.degraded }) },
  },
  'limits nobody': { breaks: 'P6', story: 'limits', sabotage: { neverLimits: true } },
  'has clients that believe a forged list': {
    breaks: 'P5',
    story: 'lists',
    sabotage: { believesForged: true },
  },
  'loses what admission refuses': { breaks: 'P6', story: 'overload', sabotage: { losesRefused: true } },
}

describe('the simulator finds out', () => {
  const foundOut = async (breaks: BrokenPromise, sabotage: Sabotage, story?: StoryName): Promise<boolean> => {
    let runs = 0
    for (let seed = 1; runs < PATIENCE; seed++) {
      if (story !== undefined && drawScenario(seed).story !== story) continue
      runs++
      const { violations } = await runSeed(seed, sabotage)
      if (violations.some(({ promise }) => promise === breaks)) return true
    }
    return false
  }

  it.each(Object.entries(STORES))('a store that %s', async (_, { breaks, sabotage }) => {
    expect(await foundOut(breaks, { store: sabotage })).toBe(true)
  })

  it.each(Object.entries(CLUSTERS))('a cluster that %s', async (_, { breaks, story, sabotage }) => {
    expect(await foundOut(breaks, sabotage, story)).toBe(true)
  })
})
