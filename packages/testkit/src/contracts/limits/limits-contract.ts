import { setTimeout as sleep } from 'node:timers/promises'
import type { SharedLimits, SharedTake } from '@skein/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

export interface LimitsHarness {
  /** Another node's way to the same limits. */
  another(): SharedLimits
  dispose(): Promise<void>
}

const take = (key: string, perSecond: number, burst: number, cost = 1): SharedTake => ({
  key,
  limit: { perSecond, burst },
  cost,
})

/** What every adapter of the shared limits does. */
export function limitsContract(name: string, open: () => Promise<LimitsHarness>): void {
  describe(`${name} keeps the contract of shared limits`, () => {
    let harness: LimitsHarness
    let limits: SharedLimits

    beforeEach(async () => {
      harness = await open()
      limits = harness.another()
    })
    afterEach(() => harness.dispose())

    test('nodes that race for one limit get exactly its burst at once, and exactly its rate after', async () => {
      const nodes = [limits, harness.another(), harness.another(), harness.another()]
      const [perSecond, burst] = [20, 30]
      const race = async (each: number): Promise<number> => {
        const asked = nodes.flatMap((node) =>
          Array.from({ length: each }, () => node.takeAll([take('race', perSecond, burst)])),
        )
        return (await Promise.all(asked)).filter(({ admitted }) => admitted).length
      }
      const beganMs = performance.now()
      let admitted = await race(20)
      const firstMs = performance.now() - beganMs
      expect(admitted).toBeGreaterThanOrEqual(burst)
      expect(admitted).toBeLessThanOrEqual(burst + Math.ceil((firstMs * perSecond) / 1_000))
      while (performance.now() - beganMs < 1_500) {
        admitted += await race(2)
        await sleep(5)
      }
      const elapsedMs = performance.now() - beganMs
      expect(admitted).toBeLessThanOrEqual(burst + Math.floor((elapsedMs * perSecond) / 1_000) + 1e-6)
      expect(admitted).toBeGreaterThanOrEqual(burst + Math.floor(((elapsedMs - 200) * perSecond) / 1_000))
    })

    test('all or none: what one limit refuses uses up nothing of the others', async () => {
      const both = [take('wide', 0.01, 5), take('narrow', 0.01, 1)]
      expect(await limits.takeAll(both)).toEqual({ admitted: true })
      for (let i = 0; i < 10; i++) {
        expect(await limits.takeAll(both)).toMatchObject({ admitted: false, by: 1 })
      }
      const left = await Promise.all([1, 2, 3, 4, 5].map(() => limits.takeAll([take('wide', 0.01, 5)])))
      expect(left.filter(({ admitted }) => admitted)).toHaveLength(4)
    })

    test('a refusal tells when, and then it is admitted', async () => {
      const one = [take('when', 5, 1)]
      expect(await limits.takeAll(one)).toEqual({ admitted: true })
      const refused = await limits.takeAll(one)
      if (refused.admitted) throw new Error('it should be refused')
      expect(refused.retryAfterMs).toBeGreaterThan(100)
      expect(refused.retryAfterMs).toBeLessThanOrEqual(200)
      await sleep(refused.retryAfterMs + 2)
      expect(await limits.takeAll(one)).toEqual({ admitted: true })
    })

    test('the refusal is that of the limit which takes longest', async () => {
      const both = [take('short', 1, 1), take('long', 0.1, 1)]
      await limits.takeAll(both)
      const refused = await limits.takeAll(both)
      expect(refused).toMatchObject({ admitted: false, by: 1 })
    })

    test('slices are as many as there are, each key by itself, and together never more than the burst', async () => {
      const nodes = [limits, harness.another(), harness.another()]
      const leased = await Promise.all(
        nodes.map((node) => node.takeUpTo([take('slices', 0.01, 100, 40), take('other', 0.01, 3, 40)])),
      )
      const sum = (index: number) => leased.reduce((total, leases) => total + (leases[index]?.taken ?? 0), 0)
      expect([sum(0), sum(1)]).toEqual([100, 3])
      const [none] = await limits.takeUpTo([take('slices', 0.01, 100, 40)])
      expect(none?.taken).toBe(0)
      expect(none?.retryAfterMs).toBeGreaterThan(90_000)
    })

    test('what costs more than one is charged as much', async () => {
      expect(await limits.takeAll([take('costly', 0.01, 10, 8)])).toEqual({ admitted: true })
      expect((await limits.takeUpTo([take('costly', 0.01, 10, 8)]))[0]).toEqual({ taken: 2, retryAfterMs: 0 })
    })
  })
}
