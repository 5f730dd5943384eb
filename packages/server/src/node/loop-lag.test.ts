import { expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { LoopLag } from './loop-lag.ts'

test('a loop that comes in time has no lag', async () => {
  const runtime = new ManualRuntime()
  const lag = new LoopLag(runtime)
  await runtime.advance(110)
  expect(lag.ms).toBe(0)
  lag.stop()
  expect(runtime.timersPending).toBe(0)
})

test('a loop that is late says by how much, within the turn and after it', async () => {
  const runtime = new ManualRuntime()
  const lag = new LoopLag(runtime)
  runtime.nowMs += 150
  expect(lag.ms).toBe(130)
  await runtime.advance(0)
  expect(lag.ms).toBe(130)
  await runtime.advance(20)
  expect(lag.ms).toBe(0)
  lag.stop()
})
