import { expect, test } from 'vitest'
import { keepAlive } from './keep-alive.ts'
import { deathsInRow, isKillRequest, isNodeReport, isStopRequest, restartDelayMs } from './supervision.ts'

test('the first restart is at once, the next ones wait longer, none longer than five seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 40].map(restartDelayMs)).toEqual([
    0, 100, 200, 400, 800, 1600, 3200, 5000, 5000,
  ])
})

test('what lived long was healthy', () => {
  expect(deathsInRow(7, 29_999)).toBe(8)
  expect(deathsInRow(7, 30_000)).toBe(1)
})

test('what dies is started again until the supervisor stops', async () => {
  const stop = new AbortController()
  const said: string[] = []
  let starts = 0
  const start = async () => {
    starts++
    if (starts === 2) stop.abort()
    return { ended: Promise.resolve('SIGKILL') }
  }
  await keepAlive(
    { ended: Promise.resolve('exit code 1') },
    { name: 'node-1', signal: stop.signal, start, say: (line) => said.push(line) },
  )
  expect(starts).toBe(2)
  expect(said).toEqual([
    'node-1 ended (exit code 1); starting it again.',
    'node-1 ended (SIGKILL); starting it again.',
  ])
})

test('a start that fails is told and tried again', async () => {
  const stop = new AbortController()
  const said: string[] = []
  let starts = 0
  const start = () => {
    starts++
    if (starts < 2) return Promise.reject(new Error('no room'))
    stop.abort()
    return Promise.resolve({ ended: Promise.resolve('') })
  }
  await keepAlive(
    { ended: Promise.resolve('SIGKILL') },
    { name: 'node-1', signal: stop.signal, start, say: (line) => said.push(line) },
  )
  expect(said).toContain('node-1 does not start: no room')
  expect(starts).toBe(2)
})

test('what was never started is started at once', async () => {
  const stop = new AbortController()
  let starts = 0
  await keepAlive(undefined, {
    name: 'node-2',
    signal: stop.signal,
    start: async () => {
      starts += 1
      stop.abort()
      return { ended: Promise.resolve('') }
    },
    say: () => expect.unreachable(),
  })
  expect(starts).toBe(1)
})

test('messages between the supervisor and its nodes are told apart from anything else', () => {
  expect(isKillRequest({ type: 'kill', node: 'node-1' })).toBe(true)
  expect(isStopRequest({ type: 'stop', deadlineMs: 100 })).toBe(true)
  expect(isNodeReport({ type: 'ready', url: 'http://127.0.0.1:1' })).toBe(true)
  for (const other of [null, undefined, 7, 'kill', {}, { type: 'kill' }, { type: 'stop' }, { type: 'x' }])
    expect([isKillRequest(other), isStopRequest(other), isNodeReport(other)]).toEqual([false, false, false])
})
