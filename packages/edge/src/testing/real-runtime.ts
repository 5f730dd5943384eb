import { seededRandom, type Runtime } from '@skein/core'

/** The machine's clock and timers, for tests with sockets. */
export const realRuntime = (): Runtime => ({
  clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
  timers: {
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    afterTurn: (run) => void setImmediate(run),
  },
  random: seededRandom(1),
})
