import { Argument, type Command } from 'commander'
import { BENCH_NAMES, runBench, type BenchName, type BenchReport } from '@skein/testkit'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import { table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

export function addBench(program: Command, { terminal, exitWith }: CommandContext): void {
  program
    .command('bench')
    .description('Measure against a limit that is measured in the same run.')
    .addArgument(new Argument('<name>', 'what is measured').choices(BENCH_NAMES))
    .option('--json', 'print one JSON object')
    .action(async (name: BenchName, { json }: { readonly json?: boolean }) => {
      const report = await runBench(name, { onProgress: (text) => terminal.progress(text) })
      terminal.progress('')
      if (json === true) terminal.out(JSON.stringify(report))
      else for (const line of summary(report, terminal)) terminal.out(line)
      exitWith(report.ok ? EXIT.ok : EXIT.failed)
    })
}

const rounded = (value: unknown): string =>
  typeof value === 'number'
    ? String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
    : JSON.stringify(value)

function summary({ bench, figures, environment, ok }: BenchReport, { style }: Terminal): readonly string[] {
  const rows = (values: object) =>
    table(Object.entries(values).map(([key, value]) => [key, rounded(value)] as const))
  return [
    style.bold(bench),
    ...rows(figures).map((line) => `  ${line}`),
    ...rows(environment).map((line) => style.dim(`  ${line}`)),
    ok ? `${style.green('✓')} the figures are reached` : `${style.red('✗')} a figure is not reached`,
  ]
}
