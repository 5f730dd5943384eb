import { seededRandom, type Runtime } from '@skein/core'
import { expect, test } from 'vitest'
import { ClusterFollower, FOLLOW_EVERY_MS, type AskCluster } from './cluster-follower.ts'
import { ManualTimers } from '../testing/manual-timers.ts'

const answer = { self: 'a', viewAgeMs: 0, nodes: [] }

function follow(urls: readonly string[], answers: (url: string) => unknown) {
  const timers = new ManualTimers()
  const asked: string[] = []
  const heard: string[] = []
  const runtime: Runtime = { clock: timers.clock, timers, random: seededRandom(1) }
  const ask: AskCluster = async (url, signal) => {
    asked.push(url)
    const body = answers(url)
    if (body === 'hangs') await new Promise((_, reject) => signal.addEventListener('abort', reject))
    if (body === undefined) throw new Error(`${url} is away`)
    return body
  }
  const follower = new ClusterFollower({
    urls: () => urls,
    ask,
    runtime,
    onAnswer: () => heard.push('answer'),
    onSilence: () => heard.push('silence'),
  })
  return { follower, asked, heard, timers }
}

test('the one that answered is asked again, each second', async () => {
  const { follower, asked, heard, timers } = follow(['a', 'b'], (url) => (url === 'b' ? answer : undefined))
  await follower.start()
  expect(asked).toEqual(['a', 'b'])
  await timers.advance(2 * FOLLOW_EVERY_MS)
  expect(asked).toEqual(['a', 'b', 'b', 'b'])
  expect(heard).toEqual(['answer', 'answer', 'answer'])
  await follower.stop()
  expect(timers.pending).toBe(0)
})

test('when nobody answers that is told, and all are asked in turn', async () => {
  const urls = ['a', 'b', 'c', 'd', 'e', 'f']
  const { follower, asked, heard, timers } = follow(urls, () => undefined)
  await follower.start()
  await timers.advance(FOLLOW_EVERY_MS)
  expect(heard).toEqual(['silence', 'silence'])
  expect(new Set(asked)).toEqual(new Set(urls))
  await follower.stop()
})

test('one that hangs is left for the next', async () => {
  const { follower, heard, timers } = follow(['a', 'b'], (url) => (url === 'a' ? 'hangs' : answer))
  const started = follower.start()
  await timers.advance(FOLLOW_EVERY_MS)
  await started
  expect(heard).toEqual(['answer'])
  await follower.stop()
})

test('an answer of something else is none', async () => {
  const { follower, heard } = follow(['a'], () => ({ hello: 'world' }))
  await follower.start()
  expect(heard).toEqual(['silence'])
  await follower.stop()
})
