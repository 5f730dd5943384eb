import { platformRandom, type Runtime } from '@skein/core'

/** The world as it is, for tests against real services. */
export const systemRuntime: Runtime = {
  clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
  timers: {
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    afterTurn: (run) => setImmediate(run),
  },
  random: platformRandom(),
}
