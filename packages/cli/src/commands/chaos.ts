import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import {
  type ChaosReport,
  hasRedisServer,
  REDIS_MISSING,
  runChaos,
  type Scenario,
  SCENARIOS,
} from '@skein/testkit'
import { chaosSummary, chaosTable } from '../chaos/summary.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { wholeNumber } from './arguments.ts'

interface ChaosFlags {
  readonly json?: boolean
  readonly minutes?: number
  readonly seed: number
}

const ALL = 'all'
const MOST_MINUTES = 10_080
const LARGEST_SEED = 4_294_967_295
const MINUTE_MS = 60_000
const LONGEST_NAME = Math.max(...SCENARIOS.map(({ name }) => name.length))

export function addChaos(program: Command, { terminal, exitWith }: CommandContext): void {
  program
    .command('chaos')
    .description('Break a real cluster under load and check the promises.')
    .argument('[scenario]', 'one of the list that is shown without it, or all')
    .option('--minutes <number>', 'go on for so long, round after round', wholeNumber(1, MOST_MINUTES))
    .option(
      '--seed <number>',
      'of the first round; the next one has the next',
      wholeNumber(0, LARGEST_SEED),
      1,
    )
    .option('--json', 'print one JSON object per scenario')
    .action(async (name: string | undefined, flags: ChaosFlags) => {
      if (name === undefined) {
        for (const line of listing(terminal)) terminal.out(line)
        return
      }
      const reports = await playAll(chosen(name), flags, terminal)
      if (flags.json !== true) for (const line of chaosTable(reports, terminal.style)) terminal.out(line)
      exitWith(reports.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed)
    })
}

const listing = ({ style }: Terminal): readonly string[] => [
  ...SCENARIOS.map(({ name, about }) => `${style.bold(name.padEnd(LONGEST_NAME))}  ${about}`),
  '',
  `${style.bold('skein chaos <scenario>')} plays one of them, ${style.bold('skein chaos all')} each of them.`,
]

function chosen(name: string): readonly Scenario[] {
  const scenarios = name === ALL ? SCENARIOS : SCENARIOS.filter((scenario) => scenario.name === name)
  if (scenarios.length === 0) {
    const names = SCENARIOS.map((scenario) => scenario.name).join(', ')
    throw new CliError(EXIT.usage, `There is no scenario ${name}. There are: ${names}, and all.`)
  }
  const needy = scenarios.filter(({ redis = 'none' }) => redis !== 'none')
  if (needy.length > 0 && !hasRedisServer()) {
    const names = needy.map((scenario) => scenario.name).join(', ')
    throw new CliError(EXIT.unavailable, `${REDIS_MISSING} It is needed by ${names}.`)
  }
  return scenarios
}

/** Round after round until the time is over; one round at least. */
async function playAll(
  scenarios: readonly Scenario[],
  { seed, minutes = 0, json }: ChaosFlags,
  terminal: Terminal,
): Promise<readonly ChaosReport[]> {
  const untilMs = performance.now() + minutes * MINUTE_MS
  const interrupted = new AbortController()
  const interrupt = (): void =>
    interrupted.abort(new CliError(EXIT.failed, 'Interrupted; everything is ended.'))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  const reports: ChaosReport[] = []
  try {
    for (let round = 0; round === 0 || performance.now() < untilMs; round++) {
      for (const scenario of scenarios) {
        const report = await runChaos(scenario, {
          seed: seed + round,
          program: { module: mainModule(), args: ['node'] },
          onProgress: (line) => terminal.progress(line),
          signal: interrupted.signal,
        })
        terminal.progress('')
        reports.push(report)
        if (json === true) terminal.out(JSON.stringify(report))
        else for (const line of chaosSummary(report, terminal.style)) terminal.out(line)
      }
    }
    return reports
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/** This very program, built. */
const mainModule = (): string => fileURLToPath(new URL('../main.js', import.meta.url))
