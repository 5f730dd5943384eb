import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { manualRuntime } from '../testing/manual-runtime.ts'
import { firstAnswer, within, type Attempt } from './staggered.ts'

const RULE = { staggerMs: 100, deadlineMs: 1_000 }

function play(...afterMs: readonly (number | 'fails' | 'silent')[]) {
  const runtime = manualRuntime()
  const begun: number[] = []
  const aborted: number[] = []
  const attempts = afterMs.map((answer, index): Attempt<number> => (signal) => {
    begun.push(runtime.clock.monotonicMs())
    signal.addEventListener('abort', () => aborted.push(index))
    if (answer === 'fails') return Promise.reject(new Error('no'))
    if (answer === 'silent') return new Promise(() => {})
    return new Promise((resolve) => void runtime.timers.after(answer, () => resolve(index)))
  })
  const ended = new AbortController()
  const seen: (number | undefined)[] = []
  void firstAnswer(attempts, RULE, runtime.timers, ended.signal).then((answer) => seen.push(answer))
  return { runtime, begun, aborted, ended, seen }
}

describe('one of several', () => {
  test('the second is not asked when the first answers in time', async () => {
    const { runtime, begun, seen } = play(50, 10)
    await runtime.advance(5_000)
    expect({ begun, seen }).toEqual({ begun: [0], seen: [0] })
  })

  test('the next is asked at once after a failure, and after the stagger while one is silent', async () => {
    const { runtime, begun, seen, aborted } = play('fails', 'silent', 20)
    await runtime.advance(5_000)
    expect(begun).toEqual([0, 0, 100])
    expect(seen).toEqual([2])
    expect(aborted).toEqual([1])
  })

  test('the first answer wins, whoever was asked first', async () => {
    const { runtime, seen, aborted } = play(500, 100)
    await runtime.advance(5_000)
    expect({ seen, aborted }).toEqual({ seen: [1], aborted: [0] })
  })

  test('all silent: it ends with the deadline of the last', async () => {
    const { runtime, seen } = play('silent', 'silent')
    await runtime.advance(1_099)
    expect(seen).toEqual([])
    await runtime.advance(1)
    expect(seen).toEqual([undefined])
  })

  test('all fail, none are there, or it is ended: undefined at once', async () => {
    const all = [play('fails', 'fails'), play(), play('silent', 'silent')]
    all[2]?.ended.abort()
    for (const { runtime } of all) await runtime.settle()
    expect(all.map(({ seen }) => seen)).toEqual([[undefined], [undefined], [undefined]])
    expect(all[2]?.aborted).toEqual([0])
  })
})

test('an attempt that never ends is let go of at its deadline', async () => {
  const runtime = manualRuntime()
  const { signal } = new AbortController()
  const answer = within(() => new Promise(() => {}), 1_000, runtime.timers, signal)
  await Promise.all([expect(answer).rejects.toThrow('1000 ms'), runtime.advance(1_000)])
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
