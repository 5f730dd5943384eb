import { seededRandom, type Runtime } from '@skein/core'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** Time that moves only when told. */
export interface ManualRuntime extends Runtime {
  /** Lets promises settle and what waits for the end of the turn run. */
  settle(): Promise<void>
  /** Moves the time on, timer by timer. */
  advance(ms: number): Promise<void>
  /** Time passes and this process gets to do nothing; what was due comes late, with the next `advance`. */
  stall(ms: number): void
  /** The wall clock alone jumps. */
  jumpWall(ms: number): void
}

const START_MS = 1_790_000_000_000

export function manualRuntime(seed = 1): ManualRuntime {
  const timers = new Set<Timer>()
  let turn: (() => void)[] = []
  let nowMs = 0
  let wallOffsetMs = START_MS
  let order = 0
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 20; quiet++) {
      await Promise.resolve()
      if (turn.length === 0) continue
      const runs = turn
      turn = []
      for (const run of runs) run()
      quiet = 0
    }
  }
  const due = (untilMs: number): Timer | undefined =>
    [...timers]
      .filter(({ atMs }) => atMs <= untilMs)
      .sort((one, other) => one.atMs - other.atMs || one.order - other.order)[0]
  return {
    clock: { now: () => nowMs + wallOffsetMs, monotonicMs: () => nowMs },
    timers: {
      after(delayMs, run) {
        const timer = { atMs: nowMs + delayMs, order: order++, run }
        timers.add(timer)
        return () => void timers.delete(timer)
      },
      afterTurn: (run) => void turn.push(run),
    },
    random: seededRandom(seed),
    settle,
    async advance(ms) {
      const untilMs = nowMs + ms
      await settle()
      for (let timer = due(untilMs); timer !== undefined; timer = due(untilMs)) {
        timers.delete(timer)
        nowMs = Math.max(nowMs, timer.atMs)
        timer.run()
        await settle()
      }
      nowMs = untilMs
    },
    stall(ms) {
      nowMs += ms
    },
    jumpWall(ms) {
      wallOffsetMs += ms
    },
  }
}
