import type { Command } from 'commander'
import { hasRedisServer, REDIS_MISSING, type Scenario, SCENARIOS, whyNoProxies } from '@skein/testkit'
import { playAll } from '../chaos/play-all.ts'
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
      const { json = false, minutes = 0, seed } = flags
      const { style } = terminal
      const all = await playAll(chosen(name), {
        seed,
        forMs: minutes * MINUTE_MS,
        onProgress: (line) => terminal.progress(line),
        onPlayed: (played) => {
          terminal.progress('')
          if (json) terminal.out(JSON.stringify(played))
          else for (const line of chaosSummary(played, style)) terminal.out(line)
        },
      })
      if (!json) for (const line of chaosTable(all, style)) terminal.out(line)
      exitWith(all.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed)
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
  const why = whyNoProxies(scenarios.flatMap(({ proxies = [] }) => proxies.map(({ kind }) => kind)))
  if (why !== undefined) throw new CliError(EXIT.unavailable, why)
  return scenarios
}
