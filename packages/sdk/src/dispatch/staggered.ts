import type { Timers } from '@skein/core'

export interface StaggerRule {
  /** After so long without an answer the next one is asked too. */
  readonly staggerMs: number
  /** An attempt that takes longer has failed. */
  readonly deadlineMs: number
}

/** One attempt. */
export type Attempt<T> = (signal: AbortSignal) => Promise<T>

/**
 * Asks one after the other, each as soon as the one before has failed or takes long; the first answer wins
 * and ends the others. Undefined: all failed, or `ended`. As Happy Eyeballs (RFC 8305) does with addresses.
 */
export function firstAnswer<T>(
  attempts: readonly Attempt<T>[],
  { staggerMs, deadlineMs }: StaggerRule,
  timers: Timers,
  ended: AbortSignal,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const under = new AbortController()
    let begun = 0
    let open = 0
    let cancelNext = (): void => {}
    const end = (answer: T | undefined): void => {
      cancelNext()
      ended.removeEventListener('abort', onEnd)
      under.abort()
      resolve(answer)
    }
    const onEnd = (): void => end(undefined)
    const next = (): void => {
      cancelNext()
      const attempt = attempts[begun++]
      if (attempt === undefined) {
        if (open === 0) end(undefined)
        return
      }
      open++
      cancelNext = timers.after(staggerMs, next)
      const failed = (): void => {
        open--
        if (!under.signal.aborted) next()
      }
      within(attempt, deadlineMs, timers, under.signal).then(end, failed)
    }
    if (ended.aborted) return end(undefined)
    ended.addEventListener('abort', onEnd, { once: true })
    next()
  })
}

/** Rejects when it takes longer or was ended from outside, whatever the attempt itself makes of the signal. */
export function within<T>(
  attempt: Attempt<T>,
  deadlineMs: number,
  timers: Timers,
  ended: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const own = new AbortController()
    const stop = (why: string): void => {
      settle()
      own.abort()
      reject(new Error(why))
    }
    const settle = (): void => {
      cancel()
      ended.removeEventListener('abort', onEnd)
    }
    const onEnd = (): void => stop('not needed any more')
    const cancel = timers.after(deadlineMs, () => stop(`no answer within ${deadlineMs} ms`))
    if (ended.aborted) return onEnd()
    ended.addEventListener('abort', onEnd, { once: true })
    new Promise<T>((answer) => answer(attempt(own.signal))).finally(settle).then(resolve, reject)
  })
}
