import { seededRandom } from '@skein/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endpointOf } from '../balance/endpoint.ts'
import { OutlierEjector } from './outlier-ejector.ts'
import { DEFAULT_OUTLIER, ejectionCap, outlierBound, type OutlierChange } from './outlier.ts'

function ejector(count: number, roll = 0) {
  const told: OutlierChange[] = []
  const random = { next: () => roll }
  const subject = new OutlierEjector(random, DEFAULT_OUTLIER, (change) => told.push(change))
  const ids = Array.from({ length: count }, (_, i) => `n${i}`)
  subject.watch(ids)
  const call = (id: string, nowMs: number, ok = true, tookMs = 10) => {
    subject.began(id, nowMs)
    subject.ended(id, { ok, tookMs }, nowMs)
  }
  const lines = () =>
    told.map((change) => `${change.id} ${change.kind}${'reason' in change ? ` ${change.reason}` : ''}`)
  return { subject, ids, call, lines, told }
}

describe('outlier ejection', () => {
  test('five failures in a row eject; it comes back through one probe, in slow start', () => {
    const { subject, call, lines } = ejector(3)
    for (let i = 0; i < 5; i++) call('n1', i, false)
    const n1 = endpointOf({ id: 'n1' })
    const stateAt = (nowMs: number) => subject.apply([n1], nowMs)[0]
    expect([stateAt(5)?.state, stateAt(30_003)?.state, stateAt(30_004)?.state]).toEqual([
      'ejected',
      'ejected',
      'healthy',
    ])
    expect(stateAt(40_000)?.readySinceMs).toBe(40_000)
    subject.began('n1', 40_000)
    expect(stateAt(40_001)?.state).toBe('ejected')
    subject.ended('n1', { ok: true, tookMs: 50 }, 40_050)
    expect(stateAt(50_000)).toEqual({ ...n1, readySinceMs: 40_050 })
    expect(lines()).toEqual(['n1 ejected failuresInRow', 'n1 probing', 'n1 returned'])
  })

  test('one that answers, but slowly, is ejected, and stays out while its probe is slow', () => {
    const { call, lines } = ejector(3)
    for (let i = 0; i < 20; i++) call('n0', i, true, 2_001)
    call('n0', 40_000, true, 2_001)
    call('n0', 110_000, true, 2_000)
    expect(lines()).toEqual([
      'n0 ejected slowCalls',
      'n0 probing',
      'n0 ejected probeSlow',
      'n0 probing',
      'n0 returned',
    ])
  })

  test('one that fails far more than the others is ejected, though not half of its calls', () => {
    const { subject, call, lines } = ejector(8)
    for (let i = 0; i < 800; i++) call(`n${i % 8}`, i, i % 8 !== 3 || i % 5 > 0)
    subject.compare(800)
    expect(lines()).toEqual(['n3 ejected worseThanOthers'])
  })

  test('a fault of all ejects nobody by comparison, and of three at most one by failures', () => {
    const { subject, ids, call, lines } = ejector(3)
    for (let i = 0; i < 60; i++) for (const id of ids) call(id, i, false)
    expect(ids.filter((id) => !subject.admits(id, 60))).toHaveLength(1)
    expect(lines().filter((line) => line.includes('spared')).length).toBeGreaterThan(0)
    expect(outlierBound([0.1, 0.1, 0.1, 0.1, 0.1], DEFAULT_OUTLIER)).toBeCloseTo(0.1)
  })

  test('the ejection grows with each in a row up to its maximum, and is forgotten with good time', () => {
    const { call, told } = ejector(3)
    let nowMs = 0
    const ejections = () =>
      told.flatMap((change) => (change.kind === 'ejected' ? [change.untilMs - change.atMs] : []))
    for (let i = 0; i < 5; i++) call('n0', 0, false)
    for (let i = 0; i < 12; i++) call('n0', (nowMs += 300_000), false)
    expect(ejections()).toEqual([
      ...Array.from({ length: 10 }, (_, i) => (i + 1) * 30_000),
      300_000,
      300_000,
      300_000,
    ])
    call('n0', (nowMs += 300_000))
    nowMs += 8 * 30_000
    for (let i = 0; i < 5; i++) call('n0', nowMs, false)
    expect(ejections().at(-1)).toBe(6 * 30_000)
  })

  test('jitter takes up to a quarter off, so that not all come back in one instant', () => {
    const { told, call } = ejector(3, 0.999)
    for (let i = 0; i < 5; i++) call('n0', 0, false)
    const [change] = told
    expect(change?.kind === 'ejected' ? change.untilMs : 0).toBeCloseTo(22_500, -2)
  })

  test('never more are out than the cap, not the last one, and everybody is admitted again in the end', () => {
    const step = fc.record({
      which: fc.nat(9),
      ok: fc.boolean(),
      tookMs: fc.constantFrom(1, 5_000),
      afterMs: fc.nat(3_000),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.array(step, { maxLength: 200 }),
        fc.integer(),
        (count, steps, seed) => {
          const subject = new OutlierEjector(seededRandom(seed), {
            ...DEFAULT_OUTLIER,
            failuresInRow: 2,
            rates: { ...DEFAULT_OUTLIER.rates, minimumCalls: 3 },
          })
          const ids = Array.from({ length: count }, (_, i) => `n${i}`)
          subject.watch(ids)
          let nowMs = 0
          for (const { which, ok, tookMs, afterMs } of steps) {
            nowMs += afterMs
            const id = `n${which % count}`
            if (subject.admits(id, nowMs)) subject.began(id, nowMs)
            subject.ended(id, { ok, tookMs }, nowMs)
            if (afterMs % 7 === 0) subject.compare(nowMs)
            const out = ids.filter((one) => subject.standing(one)?.name !== 'in').length
            expect(out).toBeLessThanOrEqual(ejectionCap(DEFAULT_OUTLIER, count))
            expect(out).toBeLessThan(count)
          }
          for (const id of ids) expect(subject.admits(id, nowMs + DEFAULT_OUTLIER.maxMs)).toBe(true)
        },
      ),
    )
  })

  test('an endpoint that left is forgotten, and draining stays draining', () => {
    const { subject, call } = ejector(3)
    for (let i = 0; i < 5; i++) call('n0', 0, false)
    expect(subject.apply([endpointOf({ id: 'n0', state: 'draining' })], 1)[0]?.state).toBe('draining')
    subject.watch(['n1'])
    subject.watch(['n0', 'n1'])
    expect(subject.admits('n0', 1)).toBe(true)
  })

  test.each([
    [{ failuresInRow: 0 }, 'failuresInRow must be at least 1, got 0'],
    [{ maxMs: 1 }, 'maxMs must be at least 30000, got 1'],
    [{ mostEjected: 10 }, 'mostEjected must be between 0 and 1, got 10'],
    [{ deviations: 0 }, 'deviations must be above 0, got 0'],
  ])('refuses %j', (bad, message) => {
    expect(() => new OutlierEjector({ next: () => 0 }, { ...DEFAULT_OUTLIER, ...bad })).toThrow(message)
  })
})
