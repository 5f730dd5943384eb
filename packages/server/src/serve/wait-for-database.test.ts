import { expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { silentLogger } from '../observe/logger.ts'
import { StoreError } from '../store/store-error.ts'
import { waitForDatabase } from './wait-for-database.ts'

const away = (): Promise<never> => Promise.reject(new StoreError('unavailable', 'nobody listens there'))

/** Moves time whenever the code under test sleeps. */
function patientRuntime(): ManualRuntime {
  const runtime = new ManualRuntime()
  const after = runtime.timers.after
  runtime.timers.after = (delayMs, run) => {
    queueMicrotask(() => {
      runtime.nowMs += delayMs
      run()
    })
    return after(1e12, () => undefined)
  }
  return runtime
}

test('a database that comes back while there is patience is used', async () => {
  const runtime = patientRuntime()
  let calls = 0
  const open = () => (++calls < 4 ? away() : Promise.resolve('store'))
  await expect(waitForDatabase(open, { waitMs: 60_000, runtime, logger: silentLogger })).resolves.toBe(
    'store',
  )
  expect(calls).toBe(4)
})

test('a database that stays away is given up on when the wait is over, not before', async () => {
  const runtime = patientRuntime()
  const startedMs = runtime.nowMs
  const waiting = waitForDatabase(away, { waitMs: 10_000, runtime, logger: silentLogger })
  await expect(waiting).rejects.toThrow('nobody listens there')
  expect(runtime.nowMs - startedMs).toBe(10_000)
})

test('a wrong address or schema is told at once', async () => {
  let calls = 0
  const open = (): Promise<never> => {
    calls++
    return Promise.reject(new StoreError('configuration', 'no such database'))
  }
  const waiting = waitForDatabase(open, { waitMs: 10_000, runtime: patientRuntime(), logger: silentLogger })
  await expect(waiting).rejects.toThrow('no such database')
  expect(calls).toBe(1)
})

test('a stop ends the wait', async () => {
  const controller = new AbortController()
  const options = {
    waitMs: 10_000,
    runtime: new ManualRuntime(),
    logger: silentLogger,
    signal: controller.signal,
  }
  const waiting = waitForDatabase(away, options)
  await Promise.resolve()
  controller.abort()
  await expect(waiting).rejects.toThrow('nobody listens there')
})
