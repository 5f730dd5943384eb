import { fileURLToPath } from 'node:url'
import { type ChaosReport, runChaos, type Scenario } from '@skein/testkit'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { explain } from '../explain.ts'

/** A scenario that could not even be played: no promise was put to the test. */
export interface Unplayed {
  readonly scenario: string
  readonly seed: number
  readonly ok: false
  readonly why: string
}

export type Played = ChaosReport | Unplayed

export const isReport = (played: Played): played is ChaosReport => 'figures' in played

export interface PlayOptions {
  /** Of the first round; the next one has the next. */
  readonly seed: number
  /** Round after round for so long; one round at least. */
  readonly forMs: number
  readonly onProgress: (line: string) => void
  readonly onPlayed: (played: Played) => void
}

/** Plays them one after the other. A signal ends what runs, cleans up, and rejects. */
export async function playAll(
  scenarios: readonly Scenario[],
  options: PlayOptions,
): Promise<readonly Played[]> {
  const untilMs = performance.now() + options.forMs
  const interrupted = new AbortController()
  const interrupt = (): void =>
    interrupted.abort(new CliError(EXIT.failed, 'Interrupted; everything is ended.'))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  const all: Played[] = []
  try {
    for (let round = 0; round === 0 || performance.now() < untilMs; round++) {
      for (const scenario of scenarios) {
        const played = await play(scenario, options.seed + round, options, interrupted.signal)
        all.push(played)
        options.onPlayed(played)
      }
    }
    return all
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

async function play(
  scenario: Scenario,
  seed: number,
  { onProgress }: PlayOptions,
  signal: AbortSignal,
): Promise<Played> {
  try {
    const program = { module: mainModule(), args: ['node'] }
    return await runChaos(scenario, { seed, program, onProgress, signal })
  } catch (error) {
    signal.throwIfAborted()
    return { scenario: scenario.name, seed, ok: false, why: explain(error).text }
  }
}

/** This very program, built. */
const mainModule = (): string => fileURLToPath(new URL('../main.js', import.meta.url))
