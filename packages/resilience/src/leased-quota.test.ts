import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gcraUpTo } from './gcra.ts'
import {
  partOf,
  quotaAway,
  quotaDenied,
  quotaGranted,
  spendQuota,
  unusedQuota,
  type Quota,
  type QuotaOptions,
} from './leased-quota.ts'

interface Answer {
  readonly atMs: number
  readonly node: number
  readonly tell: (quota: Quota, nowMs: number) => Quota
}

/** Nodes that share one limit, and a shared state that answers after a while, or is away. */
class Nodes {
  readonly options: QuotaOptions
  readonly admittedAtMs: number[] = []
  isAway = false
  nowMs = 0
  asked = 0
  #quotas: Quota[]
  #sharedMs = 0
  #answers: Answer[] = []

  constructor(count: number, options: QuotaOptions) {
    this.options = options
    this.#quotas = Array.from({ length: count }, () => unusedQuota(0, options))
  }

  quota(node: number): Quota {
    return this.#quotas[node]!
  }

  advance(toMs: number): void {
    this.nowMs = toMs
    for (const { atMs, node, tell } of this.#answers.filter(({ atMs }) => atMs <= toMs)) {
      this.#quotas[node] = tell(this.quota(node), atMs)
    }
    this.#answers = this.#answers.filter(({ atMs }) => atMs > toMs)
  }

  send(node: number, answerAfterMs = 5): string {
    const { nowMs, options } = this
    const liveNodes = this.#quotas.length
    const { quota, answer, ask } = spendQuota(this.quota(node), 1, { nowMs, liveNodes }, options)
    this.#quotas[node] = quota
    if (answer === 'admitted') this.admittedAtMs.push(nowMs)
    if (ask > 0) this.#ask(node, ask, answerAfterMs)
    return answer
  }

  #ask(node: number, most: number, afterMs: number): void {
    this.asked++
    const { nowMs: askedAtMs, options } = this
    const liveNodes = this.#quotas.length
    if (this.isAway) {
      const tell = (quota: Quota, nowMs: number) =>
        quotaAway(quota, { nowMs, retryAfterMs: 500, liveNodes }, options)
      this.#answers.push({ atMs: askedAtMs + afterMs, node, tell })
      return
    }
    const { taken, theoreticalArrivalMs, retryAfterMs } = gcraUpTo(
      options.limit,
      this.#sharedMs,
      askedAtMs,
      most,
    )
    this.#sharedMs = theoreticalArrivalMs
    const tell = (quota: Quota, nowMs: number) =>
      taken > 0
        ? quotaGranted(quota, taken, { askedAtMs, nowMs }, options)
        : quotaDenied(quota, retryAfterMs, nowMs)
    this.#answers.push({ atMs: askedAtMs + afterMs, node, tell })
  }
}

const limits = fc.record({
  perSecond: fc.integer({ min: 1, max: 200 }),
  burst: fc.integer({ min: 1, max: 100 }),
})
const sends = fc.array(fc.tuple(fc.nat(3), fc.nat(300), fc.integer({ min: 0, max: 50 })), { maxLength: 300 })

/** The most over any window, above rate × window. */
function mostAbove(timesMs: readonly number[], perSecond: number): number {
  let most = 0
  for (const [from, fromMs] of timesMs.entries()) {
    for (let to = from; to < timesMs.length; to++) {
      most = Math.max(most, to - from + 1 - (perSecond * (timesMs[to]! - fromMs)) / 1_000)
    }
  }
  return most
}

describe('leased quota', () => {
  test('over any window all nodes together admit at most rate × (window + lease) + burst', () => {
    fc.assert(
      fc.property(limits, sends, (limit, sends) => {
        const nodes = new Nodes(4, { limit, leaseMs: 1_000 })
        for (const [node, afterMs, answerAfterMs] of sends) {
          nodes.advance(nodes.nowMs + afterMs)
          nodes.send(node, answerAfterMs)
        }
        expect(mostAbove(nodes.admittedAtMs, limit.perSecond)).toBeLessThanOrEqual(
          limit.burst + limit.perSecond + 1e-6,
        )
      }),
    )
  })

  test('while the shared state is away: global ÷ nodes, never unlimited, and no burst for each time it flaps', () => {
    const limit = { perSecond: 20, burst: 40 }
    const nodes = new Nodes(4, { limit, leaseMs: 1_000 })
    nodes.isAway = true
    const random = seededRandom(1)
    for (let ms = 0; ms < 20_000; ms++) {
      nodes.advance(ms)
      for (let node = 0; node < 4; node++) if (random.next() < 0.2) nodes.send(node)
    }
    expect(mostAbove(nodes.admittedAtMs, limit.perSecond)).toBeLessThanOrEqual(4 + 1e-6)
    expect(nodes.admittedAtMs.length).toBeGreaterThan(20 * 20 * 0.95)
  })

  test('a steady sender within the limit waits only at the start, and asks for far fewer slices than it sends', () => {
    const nodes = new Nodes(1, { limit: { perSecond: 100, burst: 200 }, leaseMs: 1_000 })
    const answers: string[] = []
    for (let ms = 0; ms < 10_000; ms += 20) {
      nodes.advance(ms)
      answers.push(nodes.send(0))
    }
    expect(answers.slice(5)).toEqual(answers.slice(5).map(() => 'admitted'))
    expect(nodes.asked).toBeLessThan(40)
  })

  test('one that sends seldom leases no slice that is void before it comes again', () => {
    const nodes = new Nodes(1, { limit: { perSecond: 1, burst: 1 }, leaseMs: 1_000 })
    for (let ms = 0; ms < 60_000; ms += 1_000) {
      nodes.send(0)
      nodes.advance(ms + 10)
      nodes.send(0)
      nodes.advance(ms + 1_000)
    }
    expect(nodes.admittedAtMs.length).toBe(60)
  })

  test('fair parts are all of the rate, never nothing, and together less than one more per node', () => {
    expect(partOf({ perSecond: 6, burst: 5 }, 3)).toEqual({ perSecond: 2, burst: 2 })
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 50 }), ({ perSecond, burst }, nodes) => {
        const part = partOf({ perSecond, burst }, nodes)
        expect(part.perSecond * nodes).toBeCloseTo(perSecond)
        expect(part.burst).toBeGreaterThanOrEqual(Math.max(1, burst / nodes))
        expect(part.burst * nodes).toBeLessThan(burst + nodes)
      }),
    )
  })

  test('one that sends more than the limit gets most of it, and is told when to come back', () => {
    const limit = { perSecond: 50, burst: 10 }
    const nodes = new Nodes(2, { limit, leaseMs: 1_000 })
    for (let ms = 0; ms < 10_000; ms += 2) {
      nodes.advance(ms)
      nodes.send(ms % 4 === 0 ? 0 : 1)
    }
    expect(nodes.admittedAtMs.length).toBeGreaterThan(0.9 * 500)
    expect(nodes.admittedAtMs.length).toBeLessThanOrEqual(500 + 10 + 50)
  })

  test('what was leased is void after its time: a slice asked for at 0 is not spent at 1,000', () => {
    const options = { limit: { perSecond: 10, burst: 10 }, leaseMs: 1_000 }
    const quota = quotaGranted(unusedQuota(0, options), 5, { askedAtMs: 0, nowMs: 400 }, options)
    expect(spendQuota(quota, 1, { nowMs: 999, liveNodes: 1 }, options).answer).toBe('admitted')
    expect(spendQuota(quota, 1, { nowMs: 1_000, liveNodes: 1 }, options).answer).toBe('wait')
  })

  test('a refusal tells when', () => {
    const options = { limit: { perSecond: 10, burst: 10 }, leaseMs: 1_000 }
    const quota = quotaDenied(unusedQuota(0, options), 300, 0)
    expect(spendQuota(quota, 1, { nowMs: 100, liveNodes: 1 }, options)).toMatchObject({
      answer: 'refused',
      retryAfterMs: 200,
      ask: 0,
    })
    expect(spendQuota(quota, 1, { nowMs: 300, liveNodes: 1 }, options)).toMatchObject({
      answer: 'wait',
      ask: 4,
    })
  })

  test('alone, what costs more than the own part waits for all of it, and the rest is owed', () => {
    const options = { limit: { perSecond: 10, burst: 8 }, leaseMs: 1_000 }
    const at = (nowMs: number) => ({ nowMs, liveNodes: 4 })
    const alone = quotaAway(unusedQuota(0, options), { nowMs: 0, retryAfterMs: 9_999, liveNodes: 4 }, options)
    expect(spendQuota(alone, 8, at(0), options)).toMatchObject({ answer: 'refused', retryAfterMs: 800 })
    const spent = spendQuota(alone, 8, at(800), options)
    expect(spent.answer).toBe('admitted')
    expect(spendQuota(spent.quota, 1, at(800), options).retryAfterMs).toBeCloseTo(6 * 400 + 400)
  })

  test('refuses what could never be admitted, and a lease of nothing', () => {
    const options = { limit: { perSecond: 10, burst: 8 }, leaseMs: 1_000 }
    expect(() => spendQuota(unusedQuota(0, options), 9, { nowMs: 0, liveNodes: 1 }, options)).toThrow(
      'cost must be in (0, 8], got 9',
    )
    expect(() => unusedQuota(0, { ...options, leaseMs: 0 })).toThrow('leaseMs must be above 0, got 0')
  })
})
