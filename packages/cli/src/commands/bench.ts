import { fileURLToPath } from 'node:url'
import { Argument, Option, type Command } from 'commander'
import {
  BENCH_NAMES,
  CLUSTER_BENCH_NAMES,
  FAILOVER_MODES,
  NoCpuQuota,
  runBench,
  runClusterBench,
  type BenchName,
  type BenchReport,
  type ClusterBenchName,
  type ClusterTools,
  type FailoverMode,
} from '@skein/testkit'
import { CliError } from '../cli-error.ts'
import { openFrontProxy } from '../edge/front-proxy.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import { table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { wholeNumber } from './arguments.ts'
import { runProxy } from './bench-proxy.ts'
import { runSpread, type SpreadFlags } from './bench-spread.ts'

const OVERLOAD = 'overload'
const SPREAD = 'spread'
const PROXY = 'proxy'
const LARGEST_SEED = 2 ** 32 - 1

interface BenchFlags extends SpreadFlags {
  readonly mode?: FailoverMode
  readonly rude?: boolean
}

export function addBench(program: Command, { terminal, exitWith }: CommandContext): void {
  program
    .command('bench')
    .description('Measure against a limit that is measured in the same run, or is promised.')
    .addArgument(
      new Argument('<name>', 'what is measured').choices([
        ...BENCH_NAMES,
        ...CLUSTER_BENCH_NAMES,
        SPREAD,
        PROXY,
      ]),
    )
    .addOption(
      new Option('--mode <mode>', 'how the node of failover ends (default: kill)').choices(FAILOVER_MODES),
    )
    .option('--rude', 'overload: by clients that do not wait when they are told to')
    .option('--seed <number>', 'of spread: another run', wholeNumber(0, LARGEST_SEED))
    .option('--chart <file>', 'of spread: where its chart is written, as SVG')
    .option('--json', 'print one JSON object')
    .action(async (name: BenchName | ClusterBenchName | typeof SPREAD | typeof PROXY, flags: BenchFlags) => {
      const { json, mode, rude, seed, chart } = flags
      if (mode !== undefined && name !== 'failover')
        throw new CliError(EXIT.usage, `--mode is for failover; ${name} has none.`)
      if (rude !== undefined && name !== OVERLOAD)
        throw new CliError(EXIT.usage, `--rude is for overload; ${name} has no such clients.`)
      if (name === SPREAD) return exitWith((await runSpread(flags, terminal)) ? EXIT.ok : EXIT.failed)
      if (seed !== undefined || chart !== undefined)
        throw new CliError(EXIT.usage, `--seed and --chart are for spread; ${name} has neither.`)
      if (name === PROXY) return exitWith((await runProxy(json === true, terminal)) ? EXIT.ok : EXIT.failed)
      const onProgress = (text: string): void => terminal.progress(text)
      const report = isOfNode(name)
        ? await runBench(name, { onProgress, rude: rude === true }).catch(withoutQuota)
        : await runClusterBench(name, {
            tools: CLUSTER_TOOLS,
            onProgress,
            ...(mode !== undefined && { mode }),
          })
      terminal.progress('')
      if (json === true) terminal.out(JSON.stringify(report))
      else for (const line of summary(report, terminal)) terminal.out(line)
      exitWith(report.ok ? EXIT.ok : EXIT.failed)
    })
}

function withoutQuota(error: unknown): never {
  if (error instanceof NoCpuQuota) throw new CliError(EXIT.unavailable, error.message, error)
  throw error
}

const isOfNode = (name: BenchName | ClusterBenchName): name is BenchName =>
  BENCH_NAMES.some((one) => one === name)

/** This very program, and the proxy of `skein up`. */
export const CLUSTER_TOOLS: ClusterTools = {
  program: { module: fileURLToPath(new URL('../main.js', import.meta.url)), args: ['node'] },
  openFrontProxy,
}

const rounded = (value: unknown): string =>
  typeof value === 'number'
    ? String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
    : JSON.stringify(value)

function summary(
  { bench, mode, rude, figures, environment, ok }: BenchReport,
  { style }: Terminal,
): readonly string[] {
  const rows = (values: object) =>
    table(Object.entries(values).map(([key, value]) => [key, rounded(value)] as const))
  return [
    style.bold(
      [bench, ...(mode === undefined ? [] : [`--mode ${mode}`]), ...(rude === true ? ['--rude'] : [])].join(
        ' ',
      ),
    ),
    ...rows(figures).map((line) => `  ${line}`),
    ...rows(environment).map((line) => style.dim(`  ${line}`)),
    ok ? `${style.green('✓')} the figures are reached` : `${style.red('✗')} a figure is not reached`,
  ]
}
