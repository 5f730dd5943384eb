import { setTimeout as delay } from 'node:timers/promises'
import { deathsInRow, restartDelayMs } from './supervision.ts'

export interface Living {
  /** Resolves with a few words on how it ended. */
  readonly ended: Promise<string>
}

/**
 * Starts something again whenever it ends, until the signal is aborted. Resolves then. `first`: what runs
 * already; without it the first start comes at once.
 */
export async function keepAlive<T extends Living>(
  first: T | undefined,
  options: {
    /** Begins a line. */
    readonly name: string
    readonly signal: AbortSignal
    readonly start: () => Promise<T>
    readonly say: (line: string) => void
  },
): Promise<void> {
  let living = first
  let deaths = 0
  let startedMs = performance.now()
  while (!options.signal.aborted) {
    if (living !== undefined) {
      const how = await living.ended
      if (options.signal.aborted) return
      deaths = deathsInRow(deaths, performance.now() - startedMs)
      options.say(`${options.name} ended (${how}); starting it again.`)
    } else {
      deaths += 1
    }
    await delay(restartDelayMs(deaths), undefined, { signal: options.signal }).catch(() => undefined)
    if (options.signal.aborted) return
    startedMs = performance.now()
    living = await options.start().catch((error: unknown) => {
      if (options.signal.aborted) return undefined
      options.say(`${options.name} does not start: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    })
  }
}
