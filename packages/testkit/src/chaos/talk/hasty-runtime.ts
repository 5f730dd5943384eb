import type { Runtime } from '@skein/core'
import { webRuntime } from '@skein/sdk'

/** Shorter waits are bounds on how servers behave, and stay what they are. */
const LONG_MS = 20_000
const FASTER = 30

/** The platform's, but nobody waits a minute for a look at whether the way home is free again. */
export function hastyRuntime(): Runtime {
  const { timers, ...runtime } = webRuntime()
  const shortened = (ms: number): number => (ms >= LONG_MS ? ms / FASTER : ms)
  return { ...runtime, timers: { ...timers, after: (ms, run) => timers.after(shortened(ms), run) } }
}
