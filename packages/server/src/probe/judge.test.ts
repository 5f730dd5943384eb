import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgePath, WORKING, type PathState, type PathVerdict } from './judge.ts'

/** Judges each half second; answers the verdicts in a row without repetition, and when each began. */
function judged(
  forMs: number,
  okAt: (nowMs: number) => number,
  peersAt: (nowMs: number) => readonly (number | undefined)[],
): readonly (readonly [PathVerdict, number])[] {
  let state: PathState = WORKING
  const verdicts: [PathVerdict, number][] = [['working', 0]]
  for (let nowMs = 0; nowMs <= forMs; nowMs += 500) {
    state = judgePath(state, { okAtMs: okAt(nowMs), peersOkAtMs: peersAt(nowMs) }, nowMs)
    if (state.verdict !== verdicts.at(-1)?.[0]) verdicts.push([state.verdict, nowMs])
  }
  return verdicts
}

const works = (nowMs: number): number => nowMs - 200
const stopsAt = (atMs: number) => (nowMs: number) => Math.min(nowMs, atMs) - 200
const awayBetween = (fromMs: number, toMs: number) => (nowMs: number) =>
  nowMs < toMs ? Math.min(nowMs, fromMs) - 200 : nowMs - 200

describe('the judge of a path', () => {
  test('P8 one that fails while a peer works is failing within 7 s', () => {
    const verdicts = judged(20_000, stopsAt(5_000), (nowMs) => [works(nowMs) - 1_500])
    expect(verdicts.at(-1)?.[0]).toBe('failing')
    expect(verdicts.at(-1)?.[1]).toBeLessThanOrEqual(12_000)
  })

  test('P8 a fault that all share makes nobody failing, whoever notices it first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 2_000 }), (later, sooner) => {
        const peer = (nowMs: number) => [stopsAt(5_000 + later)(nowMs), stopsAt(5_000 - sooner)(nowMs)]
        const verdicts = judged(60_000, stopsAt(5_000), peer)
        expect(verdicts.map(([verdict]) => verdict)).toEqual(['working', 'degraded'])
      }),
    )
  })

  test('P8 after a fault of all, the last to be well again is not failing for being last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_900 }), (later) => {
        const peer = awayBetween(5_000, 20_000)
        const verdicts = judged(60_000, awayBetween(5_000, 20_000 + later), (nowMs) => [peer(nowMs)])
        expect(verdicts.map(([verdict]) => verdict)).toEqual(['working', 'degraded', 'working'])
      }),
    )
  })

  test('alone it is degraded at worst', () => {
    expect(judged(60_000, stopsAt(5_000), () => []).map(([verdict]) => verdict)).toEqual([
      'working',
      'degraded',
    ])
    expect(judged(60_000, stopsAt(5_000), () => [undefined]).map(([verdict]) => verdict)).toEqual([
      'working',
      'degraded',
    ])
  })

  test('a probe or two that are lost change nothing', () => {
    expect(judged(20_000, awayBetween(5_000, 7_500), (nowMs) => [works(nowMs)])).toHaveLength(1)
  })

  test('a path that works again is trusted only after 2 s', () => {
    const verdicts = judged(30_000, awayBetween(5_000, 20_000), (nowMs) => [works(nowMs)])
    expect(verdicts.at(-1)).toEqual(['working', 22_000])
  })

  test('a process that was stopped does not take the time for a fault of its path', () => {
    // It was stopped from 5 to 15 s, and so was all it knows of the others.
    let state: PathState = judgePath(WORKING, { okAtMs: 4_800, peersOkAtMs: [4_000] }, 5_000)
    state = judgePath(state, { okAtMs: 4_800, peersOkAtMs: [4_000] }, 15_000)
    expect(state.verdict).toBe('degraded')
    state = judgePath(state, { okAtMs: 15_000, peersOkAtMs: [14_500] }, 16_000)
    expect(state.verdict).toBe('degraded')
    state = judgePath(state, { okAtMs: 17_900, peersOkAtMs: [17_500] }, 18_000)
    expect(state.verdict).toBe('working')
  })
})
