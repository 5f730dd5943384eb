import { platformRandom, type Runtime } from '@skein/core'

/** The real world: the machine's clocks, Node's timers, the platform's cryptographic randomness. */
export function systemRuntime(): Runtime {
  return {
    clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
    timers: {
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
      afterTurn: (run) => void setImmediate(run),
    },
    random: platformRandom(),
  }
}
