import type { Timers } from '@skein/core'
import { RegistryError } from './registry.ts'

/** Gives up waiting after `deadlineMs`; what was asked may still happen. */
export function withDeadline<T>(
  timers: Timers,
  deadlineMs: number,
  what: string,
  asked: Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(deadlineMs, () =>
      reject(new RegistryError('unavailable', `${what} did not answer within ${deadlineMs} ms.`)),
    )
    asked.then(resolve, reject).finally(cancel)
  })
}
