import type { Runtime } from '@skein/core'
import { fullJitterMs } from '@skein/resilience'
import type { Logger } from '../observe/logger.ts'
import { StoreError } from '../store/store-error.ts'

const BACKOFF = { baseMs: 500, maxMs: 5_000 }

export interface WaitOptions {
  /** From then on the last refusal is the answer. */
  readonly waitMs: number
  readonly runtime: Runtime
  readonly logger: Logger
  readonly signal?: AbortSignal
}

/** Opens the store, patiently while the database is away; what somebody has to mend is told at once. */
export async function waitForDatabase<T>(open: () => Promise<T>, options: WaitOptions): Promise<T> {
  const { clock, random, timers } = options.runtime
  const deadlineMs = clock.monotonicMs() + options.waitMs
  for (let attempt = 0; ; attempt++) {
    try {
      return await open()
    } catch (error) {
      const away = error instanceof StoreError && error.remedy === 'retry'
      const leftMs = deadlineMs - clock.monotonicMs()
      if (!away || leftMs <= 0 || options.signal?.aborted === true) throw error
      const delayMs = Math.min(leftMs, BACKOFF.baseMs / 2 + fullJitterMs(BACKOFF, attempt, random))
      options.logger.warn(
        { retryInMs: Math.round(delayMs), givingUpInMs: Math.round(leftMs), reason: error.message },
        'the database is away; trying again',
      )
      await sleep(delayMs, timers, options.signal)
    }
  }
}

/** Ends early, without an error, when the signal is aborted. */
function sleep(delayMs: number, timers: Runtime['timers'], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const cancel = timers.after(delayMs, resolve)
    signal?.addEventListener(
      'abort',
      () => {
        cancel()
        resolve()
      },
      { once: true },
    )
  })
}
