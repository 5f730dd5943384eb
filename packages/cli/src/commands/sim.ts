import type { Command } from 'commander'
import { runSim } from '@skein/testkit'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import { progressLine } from '../sim/progress.ts'
import { simSummary } from '../sim/summary.ts'
import { wholeNumber } from './arguments.ts'

interface SimFlags {
  readonly seeds: number
  readonly seed?: number
  readonly json?: boolean
}

const MOST_SEEDS = 10_000_000
const LARGEST_SEED = 4_294_967_295

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
        onProgress: (progress) => {
          const line = progressLine(progress)
          if (line !== undefined) terminal.progress(line)
        },
      })
      terminal.progress('')
      if (json === true) terminal.out(JSON.stringify(report))
      else for (const line of simSummary(report, terminal.style)) terminal.out(line)
      exitWith(report.ok ? EXIT.ok : EXIT.failed)
    })
}
