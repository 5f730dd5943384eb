import type { Cancel, Runtime } from '@skein/core'

/** A timer that comes so late: this process had no time. What it waits for may lie unread, and has so long to be read. */
const LATE_MS = 100

/** Calls `run` after `withinMs`, but not for what was late here only: a pause of the edge condemns no node. */
export function deadline(
  { clock, timers }: Pick<Runtime, 'clock' | 'timers'>,
  withinMs: number,
  run: () => void,
): Cancel {
  const dueMs = clock.monotonicMs() + withinMs
  let cancel = timers.after(withinMs, () => {
    if (clock.monotonicMs() - dueMs < LATE_MS) run()
    else cancel = timers.after(LATE_MS, run)
  })
  return () => cancel()
}
