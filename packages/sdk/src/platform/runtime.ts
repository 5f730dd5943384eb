import { platformRandom, type Runtime } from '@skein/core'

/** Clock, timers and randomness of the platform: browsers, Node, React Native. */
export function webRuntime(): Runtime {
  return {
    clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
    timers: {
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
      // A microtask and not a timer: browsers let timers of hidden pages wait for a second.
      afterTurn: (run) => queueMicrotask(run),
    },
    random: platformRandom(),
  }
}
