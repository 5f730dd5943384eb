import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  avoided,
  AVOID_MS,
  choose,
  chooseOther,
  freshEndpoints,
  NEXT_JITTER_MS,
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
function attempt({ endpoints, nowMs }: World, isLive: (index: number) => boolean, roll: number) {
  const moment = { nowMs, roll }
  const index = choose(endpoints, moment)
  const begun = tried(endpoints, index, moment)
  if (isLive(index)) return { world: { endpoints: served(begun, index, moment), nowMs }, index, delayMs: 0 }
  const next = untilNext(told(begun, index, 'failed', moment), moment)
  return { world: { endpoints: next.endpoints, nowMs: nowMs + next.delayMs }, index, delayMs: next.delayMs }
}

const count = fc.integer({ min: 1, max: 6 })
/** Attempts while endpoints live and die, connections that were lost after a while, and time that passes. */
const past = fc.array(
  fc.record({ live: fc.nat({ max: 63 }), lostAfterMs: fc.nat({ max: 120_000 }), leave: fc.boolean(), roll }),
  { maxLength: 30 },
)

const after = (endpoints: number, happenings: typeof past extends fc.Arbitrary<infer T> ? T : never): World =>
  happenings.reduce<World>(
    (world, { live, lostAfterMs, leave, roll }) => {
      const { world: next, delayMs } = attempt(world, (index) => ((live >> index) & 1) === 1, roll)
      if (delayMs > 0) return next
      const moment = { nowMs: next.nowMs + lostAfterMs, roll }
      const { current } = next.endpoints
      const lost = lostAfterMs >= 1_000 ? steady(next.endpoints) : next.endpoints
      const ended = leave ? avoided(lost, current, moment) : told(lost, current, 'failed', moment)
      const wait = untilNext(ended, moment)
      return { endpoints: wait.endpoints, nowMs: moment.nowMs + wait.delayMs }
    },
    { endpoints: freshEndpoints(endpoints), nowMs: 0 },
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
          const isLive = (index: number): boolean => ((living >> index) & 1) === 1
          let world = after(size, happenings)
          world = { ...world, endpoints: steady(world.endpoints) }
          const probes: number[] = []
          for (const next of rolls) {
            const { world: then, index, delayMs } = attempt(world, isLive, next)
            world = then
            if (isLive(index)) break
            probes.push(index)
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
          const living = place % size
          let world = after(size, happenings)
          for (let probes = 0; probes <= 2 * size; probes++) {
            const { world: next, index } = attempt(world, (one) => one === living, rolls.next().value ?? 0)
            world = next
            if (index === living) return
          }
          expect.unreachable('never reached the one that lives')
        },
      ),
    )
  })

  test('the one that served last is preferred, before that any', () => {
    const starts = [0, 0.34, 0.67].map((roll) => choose(freshEndpoints(3), { nowMs: 0, roll }))
    expect(starts).toEqual([0, 1, 2])
    const home = steady(served(freshEndpoints(3), 1, { nowMs: 0, roll: 0 }))
    expect([0, 0.5, 0.99].map((roll) => choose(home, { nowMs: 0, roll }))).toEqual([1, 1, 1])
  })

  test('the clients of a dead one spread over the others', () => {
    const moment = { nowMs: 0, roll: 0.5 }
    const lost = told(steady(served(freshEndpoints(3), 1, moment)), 1, 'failed', moment)
    expect([0, 0.49, 0.5, 0.99].map((roll) => choose(lost, { nowMs: 0, roll }))).toEqual([0, 0, 2, 2])
  })

  test('one that sends its clients away is left alone for a while, unless it is the only one', () => {
    const moment = { nowMs: 0, roll: 0 }
    const left = avoided(steady(served(freshEndpoints(2), 0, moment)), 0, moment)
    expect(choose(left, { nowMs: AVOID_MS - 1, roll: 0 })).toBe(1)
    expect(choose(left, { nowMs: AVOID_MS, roll: 0 })).toBe(0)
    expect(choose(avoided(freshEndpoints(1), 0, moment), moment)).toBe(0)
  })

  test('after a round in vain there is a pause that grows with every round', () => {
    let world: World = { endpoints: freshEndpoints(3), nowMs: 0 }
    const delays = Array.from({ length: 9 }, () => {
      const { world: next, delayMs } = attempt(world, () => false, 0.5)
      world = next
      return delayMs
    })
    expect(delays).toEqual([50, 50, 100, 50, 50, 200, 50, 50, 400])
  })

  test('a move leads to another one where there is one', () => {
    expect(chooseOther(freshEndpoints(2), 0, { nowMs: 0, roll: 0 })).toBe(1)
    expect(chooseOther(freshEndpoints(1), 0, { nowMs: 0, roll: 0 })).toBe(0)
  })
})
