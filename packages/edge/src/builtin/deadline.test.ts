import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { ManualTimers } from '../testing/manual-timers.ts'
import { realRuntime } from '../testing/real-runtime.ts'
import { deadline } from './deadline.ts'
import { dial } from './dial.ts'

function play() {
  const time = new ManualTimers()
  const calls: number[] = []
  let lateMs = 0
  const clock = { now: () => 0, monotonicMs: () => time.nowMs + lateMs }
  const cancel = deadline({ clock, timers: time }, 1_000, () => calls.push(time.nowMs))
  return { time, calls, cancel, pause: (ms: number) => (lateMs += ms), beganMs: time.nowMs }
}

test('a deadline comes when it is due, once', async () => {
  const { time, calls, beganMs } = play()
  await time.advance(5_000)
  expect(calls).toEqual([beganMs + 1_000])
})

test('one that comes late waits for what lies unread', async () => {
  const { time, calls, beganMs, pause } = play()
  pause(10_000)
  await time.advance(5_000)
  expect(calls).toEqual([beganMs + 1_100])
})

test('it can be cancelled, also then', async () => {
  const { time, calls, cancel, pause } = play()
  pause(10_000)
  await time.advance(1_050)
  cancel()
  await time.advance(5_000)
  expect([calls, time.pending]).toEqual([[], 0])
})

test('a node is not taken for unreachable because this process was paused', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dialled = dial({ host: '127.0.0.1', port }, 50, realRuntime())
  // Stops everything here, as a pause of the process does; the kernel connects meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  const end = await dialled
  expect(end.is).toBe('connected')
  if (end.is === 'connected') end.socket.destroy()
  server.close()
})
