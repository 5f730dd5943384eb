import type { ChaosReport } from '@skein/testkit'
import type { Style } from '../terminal/style.ts'
import { isReport, type Played } from './play-all.ts'

const SHOWN_VIOLATIONS = 5

/** One scenario, when it is over. */
export function chaosSummary(played: Played, style: Style): readonly string[] {
  return isReport(played) ? reportSummary(played, style) : [`${style.red('✗')} ${played.why}`]
}

function reportSummary(report: ChaosReport, style: Style): readonly string[] {
  const { scenario, seed, ok, failures, violations, faults, elapsedMs } = report
  const seconds = `${(elapsedMs / 1_000).toFixed(0)} s`
  if (ok) return [`${style.green('✓')} ${scenario} ${style.dim(`(seed ${seed}, ${seconds})`)}`]
  return [
    `${style.red('✗')} ${scenario} ${style.dim(`(seed ${seed}, ${seconds})`)}`,
    ...faults.map(({ what, atMs }) => style.dim(`    ${(atMs / 1_000).toFixed(1)} s  ${what}`)),
    ...failures.map((failure) => `    does not hold: ${failure}`),
    ...violations.slice(0, SHOWN_VIOLATIONS).map((violation) => `    ${violation}`),
    style.bold(`    skein chaos ${scenario} --seed ${seed}`),
  ]
}

type Column = readonly [title: string, value: (report: ChaosReport) => string]

const COLUMNS: readonly Column[] = [
  ['sends', ({ figures }) => String(figures.sends)],
  ['lost', ({ figures }) => String(figures.lost)],
  ['twice', ({ figures }) => String(figures.duplicates)],
  ['order', ({ figures }) => String(figures.orderViolations)],
  ['failed', ({ figures }) => String(figures.failedSends)],
  ['resume p99', ({ figures }) => `${figures.resumeMsP99} ms`],
  ['gap', ({ figures }) => `${figures.maxGapMs} ms`],
  ['slowest', ({ figures }) => `${figures.deliveryMsMax} ms`],
]

/** All of them side by side. */
export function chaosTable(all: readonly Played[], style: Style): readonly string[] {
  const reports = all.filter(isReport)
  const rows = [
    ['scenario', ...COLUMNS.map(([title]) => title)],
    ...reports.map((report) => [report.scenario, ...COLUMNS.map(([, value]) => value(report))]),
  ]
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? []
  const [head = '', ...lines] = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  )
  const failed = all.filter(({ ok }) => !ok).map(({ scenario, seed }) => `${scenario} (seed ${seed})`)
  return [
    '',
    style.bold(head),
    ...lines.map((line, at) => (reports[at]?.ok === true ? line : style.red(line))),
    '',
    failed.length === 0
      ? `${style.green('✓')} every promise held`
      : `${style.red('✗')} ${failed.length} of ${all.length} failed: ${failed.join(', ')}`,
  ]
}
