import type { Command } from 'commander'
import { runSim, type SimReport } from '@skein/testkit'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { table } from '../terminal/table.ts'
import { wholeNumber } from './arguments.ts'

interface SimFlags {
  readonly seeds: number
  readonly seed?: number
  readonly json?: boolean
}

const MOST_SEEDS = 10_000_000
const LARGEST_SEED = 4_294_967_295
const SHOWN_VIOLATIONS = 20

export function addSim(program: Command, { terminal, exitWith }: CommandContext): void {
  program
    .command('sim')
    .description('Check the promises in simulated worlds full of faults.')
    .option('--seeds <number>', 'how many worlds', wholeNumber(1, MOST_SEEDS), 200)
    .option('--seed <number>', 'the first of them', wholeNumber(0, LARGEST_SEED))
    .option('--json', 'print the report as JSON')
    .action(async ({ seeds, seed, json }: SimFlags) => {
      const report = await runSim({
        seeds,
        ...(seed !== undefined && { seed }),
        onProgress: ({ done, violations }) =>
          terminal.progress(`${done} of ${seeds} worlds, ${violations} violations`),
      })
      terminal.progress('')
      if (json === true) terminal.out(JSON.stringify(report))
      else for (const line of summary(report, terminal)) terminal.out(line)
      exitWith(report.ok ? EXIT.ok : EXIT.failed)
    })
}

function summary(report: SimReport, { style }: Terminal): readonly string[] {
  const { firstSeed, seeds, violations } = report
  const faults = Object.entries(report.faults).map(([kind, count]) => `${kind} ${count}`)
  const lines = table([
    ['worlds', `${seeds} (seeds ${firstSeed} to ${firstSeed + seeds - 1})`],
    ['nodes', `${report.nodes}, ${report.migrations} migrations of clients`],
    ['operations', `${report.operations}; ${report.sends} sends, ${report.acknowledged} acknowledged`],
    ['log', `${report.logged} events, ${report.deliveries} deliveries`],
    ['time', `${(report.elapsedMs / 1000).toFixed(1)} s`],
  ])
  const told = violations
    .slice(0, SHOWN_VIOLATIONS)
    .flatMap((violation) => [
      `${style.red('✗')} ${violation.promise} ${violation.rule}: ${violation.message}`,
      `  ${style.bold(violation.rerun)}`,
    ])
  const more = violations.length - SHOWN_VIOLATIONS
  return [
    ...lines,
    'faults',
    ...inColumns(faults),
    '',
    ...told,
    ...(more > 0 ? [`… and ${more} more`] : []),
    report.ok
      ? `${style.green('✓')} every promise held`
      : `${style.red('✗')} ${violations.length} violations`,
  ]
}

const COLUMN = 36

/** Two columns side by side. */
function inColumns(entries: readonly string[]): readonly string[] {
  const half = Math.ceil(entries.length / 2)
  return entries
    .slice(0, half)
    .map((entry, index) => `  ${entry.padEnd(COLUMN)}${entries[half + index] ?? ''}`.trimEnd())
}
