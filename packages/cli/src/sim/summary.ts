import type { SimReport } from '@skein/testkit'
import type { Style } from '../terminal/style.ts'
import { table } from '../terminal/table.ts'

const SHOWN_SEEDS = 20
const COLUMN = 36

/** What a run of many worlds came to. */
export function simSummary(report: SimReport, style: Style): readonly string[] {
  const { firstSeed, seeds, violatingSeeds, violations } = report
  const faults = Object.entries(report.faults).map(([kind, count]) => `${kind} ${count}`)
  const lines = table([
    ['worlds', `${seeds} (seeds ${firstSeed} to ${firstSeed + seeds - 1})`],
    ['nodes', `${report.nodes}, ${report.migrations} migrations of clients`],
    ['operations', `${report.operations}; ${report.sends} sends, ${report.acknowledged} acknowledged`],
    ['log', `${report.logged} events, ${report.deliveries} deliveries`],
    ['time', `${(report.elapsedMs / 1000).toFixed(1)} s`],
  ])
  const verdict = report.ok
    ? `${style.green('✓')} every promise held`
    : `${style.red('✗')} ${violations.length} violations in ${violatingSeeds.length} of ${seeds} worlds`
  return [...lines, 'faults', ...inColumns(faults), '', ...violated(report, style), verdict]
}

/** Seed by seed, so that one world that breaks a hundred times hides no other. */
function violated({ violatingSeeds }: SimReport, style: Style): readonly string[] {
  const more = violatingSeeds.length - SHOWN_SEEDS
  return [
    ...violatingSeeds
      .slice(0, SHOWN_SEEDS)
      .flatMap(({ seed, rerun, broken }) => [
        `${style.red('✗')} seed ${seed}`,
        ...broken.map(
          ({ promise, rule, times, message }) =>
            `  ${promise} ${rule}${times > 1 ? `, ${times} times` : ''}: ${message}`,
        ),
        `  ${style.bold(rerun)}`,
      ]),
    ...(more > 0 ? [`… and ${more} more seeds; --json lists all`] : []),
  ]
}

/** Two columns side by side. */
function inColumns(entries: readonly string[]): readonly string[] {
  const half = Math.ceil(entries.length / 2)
  return entries
    .slice(0, half)
    .map((entry, index) => `  ${entry.padEnd(COLUMN)}${entries[half + index] ?? ''}`.trimEnd())
}
