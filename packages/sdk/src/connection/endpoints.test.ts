import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  avoided,
  AVOID_MS,
  choose,
  chooseOther,
  freshEndpoints,
  NEXT_JITTER_MS,
  relisted,
  REMEMBERED_MAX,
  served,
  steady,
  told,
  tried,
  untilNext,
  type Endpoints,
} from './endpoints.ts'

const roll = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

interface World {
  readonly endpoints: Endpoints
  readonly nowMs: number
}

/** One attempt: served, or failed and waited for the next. */
function attempt({ endpoints, nowMs }: World, isLive: (url: string) => boolean, roll: number) {
  const moment = { nowMs, roll }
  const url = choose(endpoints, moment)
  if (url === undefined) throw new Error('nothing to try')
  const begun = tried(endpoints, url, moment)
  if (isLive(url)) return { world: { endpoints: served(begun, url, moment), nowMs }, url, delayMs: 0 }
  const next = untilNext(told(begun, url, 'failed', moment), moment)
  return { world: { endpoints: next.endpoints, nowMs: nowMs + next.delayMs }, url, delayMs: next.delayMs }
}

const named = (count: number): string[] => ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, count)
const placeOf = (url: string): number => named(6).indexOf(url)

const count = fc.integer({ min: 1, max: 6 })
/** Attempts while endpoints live and die, connections that were lost after a while, and time that passes. */
const past = fc.array(
  fc.record({ live: fc.nat({ max: 63 }), lostAfterMs: fc.nat({ max: 120_000 }), leave: fc.boolean(), roll }),
  { maxLength: 30 },
)

const after = (endpoints: number, happenings: typeof past extends fc.Arbitrary<infer T> ? T : never): World =>
  happenings.reduce<World>(
    (world, { live, lostAfterMs, leave, roll }) => {
      const { world: next, delayMs } = attempt(world, (url) => ((live >> placeOf(url)) & 1) === 1, roll)
      if (delayMs > 0) return next
      const moment = { nowMs: next.nowMs + lostAfterMs, roll }
      const { current } = next.endpoints
      const lost = lostAfterMs >= 1_000 ? steady(next.endpoints) : next.endpoints
      const ended = leave ? avoided(lost, current, moment) : told(lost, current, 'failed', moment)
      const wait = untilNext(ended, moment)
      return { endpoints: wait.endpoints, nowMs: moment.nowMs + wait.delayMs }
    },
    { endpoints: freshEndpoints(named(endpoints)), nowMs: 0 },
  )

describe('endpoints', () => {
  test('a dead one costs at most one probe: from a clean slate a live one is reached within the first round', () => {
    fc.assert(
      fc.property(
        count,
        past,
        fc.nat({ max: 63 }),
        fc.infiniteStream(roll),
        (size, happenings, mask, rolls) => {
          const living = mask | (1 << (mask % size))
          const isLive = (url: string): boolean => ((living >> placeOf(url)) & 1) === 1
          let world = after(size, happenings)
          world = { ...world, endpoints: steady(world.endpoints) }
          const probes: string[] = []
          for (const next of rolls) {
            const { world: then, url, delayMs } = attempt(world, isLive, next)
            world = then
            if (isLive(url)) break
            probes.push(url)
            expect(delayMs).toBeLessThanOrEqual(NEXT_JITTER_MS)
          }
          expect(new Set(probes).size).toBe(probes.length)
        },
      ),
    )
  })

  test('whatever came before, no client is stuck while one lives: it is reached in two rounds at most', () => {
    fc.assert(
      fc.property(
        count,
        past,
        fc.nat({ max: 5 }),
        fc.infiniteStream(roll),
        (size, happenings, place, rolls) => {
          const living = named(size)[place % size]
          let world = after(size, happenings)
          for (let probes = 0; probes <= 2 * size; probes++) {
            const { world: next, url } = attempt(world, (one) => one === living, rolls.next().value ?? 0)
            world = next
            if (url === living) return
          }
          expect.unreachable('never reached the one that lives')
        },
      ),
    )
  })

  test('the one that served last is preferred, before that any', () => {
    const starts = [0, 0.34, 0.67].map((roll) => choose(freshEndpoints(named(3)), { nowMs: 0, roll }))
    expect(starts).toEqual(['a', 'b', 'c'])
    const home = steady(served(freshEndpoints(named(3)), 'b', { nowMs: 0, roll: 0 }))
    expect([0, 0.5, 0.99].map((roll) => choose(home, { nowMs: 0, roll }))).toEqual(['b', 'b', 'b'])
  })

  test('the clients of a dead one spread over the others', () => {
    const moment = { nowMs: 0, roll: 0.5 }
    const lost = told(steady(served(freshEndpoints(named(3)), 'b', moment)), 'b', 'failed', moment)
    expect([0, 0.49, 0.5, 0.99].map((roll) => choose(lost, { nowMs: 0, roll }))).toEqual(['a', 'a', 'c', 'c'])
  })

  test('one that sends its clients away is left alone for a while, unless it is the only one', () => {
    const moment = { nowMs: 0, roll: 0 }
    const left = avoided(steady(served(freshEndpoints(named(2)), 'a', moment)), 'a', moment)
    expect(choose(left, { nowMs: AVOID_MS - 1, roll: 0 })).toBe('b')
    expect(choose(left, { nowMs: AVOID_MS, roll: 0 })).toBe('a')
    expect(choose(avoided(freshEndpoints(named(1)), 'a', moment), moment)).toBe('a')
  })

  test('after a round in vain there is a pause that grows with every round', () => {
    let world: World = { endpoints: freshEndpoints(named(3)), nowMs: 0 }
    const delays = Array.from({ length: 9 }, () => {
      const { world: next, delayMs } = attempt(world, () => false, 0.5)
      world = next
      return delayMs
    })
    expect(delays).toEqual([50, 50, 100, 50, 50, 200, 50, 50, 400])
  })

  test('a move leads to another one where there is one', () => {
    expect(chooseOther(freshEndpoints(named(2)), 'a', { nowMs: 0, roll: 0 })).toBe('b')
    expect(chooseOther(freshEndpoints(named(1)), 'a', { nowMs: 0, roll: 0 })).toBe('a')
  })
})

describe('another list', () => {
  const moment = { nowMs: 1_000, roll: 0.5 }

  test('what is known of an endpoint stays with its URL, and comes back with it', () => {
    const sick = told(freshEndpoints(named(2)), 'a', 'failed', moment)
    const without = relisted(sick, ['c', 'b'], moment)
    expect(choose(without, moment)).toBe('c')
    const back = relisted(without, ['a', 'c'], moment)
    expect(back.health.find(({ url }) => url === 'a')?.breaker.name).toBe('open')
    expect(choose(back, moment)).toBe('c')
  })

  test('the order of the list decides among those that are well; the one that served last is before it', () => {
    const ranked = relisted(freshEndpoints(named(3)), ['c', 'a', 'b'], moment)
    expect([0, 0.99].map((roll) => choose(ranked, { ...moment, roll }))).toEqual(['c', 'c'])
    const home = steady(served(ranked, 'b', moment))
    expect(choose(home, moment)).toBe('b')
    expect(chooseOther(home, 'c', moment)).toBe('a')
  })

  test('a round goes on with those that were not tried: new ones before a pause', () => {
    const begun = told(tried(freshEndpoints(['a']), 'a', moment), 'a', 'failed', moment)
    expect(untilNext(begun, moment).endpoints.rounds).toBe(1)
    const longer = relisted(begun, ['a', 'b'], moment)
    expect(untilNext(longer, moment)).toMatchObject({ delayMs: 50, endpoints: { rounds: 0 } })
    expect(choose(longer, moment)).toBe('b')
  })

  test('of an empty list nothing is chosen, and the first that comes begins at no backoff', () => {
    const none = freshEndpoints([])
    expect(choose(none, moment)).toBeUndefined()
    expect(relisted({ ...none, rounds: 7 }, ['a'], moment).rounds).toBe(0)
  })

  test('whatever lists come, only what they name is chosen, and what is remembered is bounded', () => {
    const lists = fc.array(fc.array(fc.nat({ max: 400 }).map(String), { maxLength: 30 }), { minLength: 1 })
    fc.assert(
      fc.property(lists, roll, (all, roll) => {
        let endpoints = freshEndpoints([])
        for (const [index, urls] of all.entries()) {
          const now = { nowMs: index, roll }
          endpoints = relisted(endpoints, urls, now)
          const chosen = choose(endpoints, now)
          expect(chosen === undefined ? urls.length : urls.includes(chosen) ? 0 : 1).toBe(0)
          for (const url of urls) endpoints = told(endpoints, url, 'failed', now)
          expect(endpoints.health.length).toBeLessThanOrEqual(new Set(urls).size + REMEMBERED_MAX)
        }
      }),
    )
  })
})
