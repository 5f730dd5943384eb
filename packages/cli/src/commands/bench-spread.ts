import { writeFile } from 'node:fs/promises'
import { benchSpread, spreadChart, spreadTables } from '@skein/testkit'
import type { Terminal } from '../terminal/terminal.ts'

export interface SpreadFlags {
  readonly json?: boolean
  readonly seed?: number
  /** Where the chart is written. */
  readonly chart?: string
}

/** @returns whether its figures are reached */
export async function runSpread({ json, seed, chart }: SpreadFlags, terminal: Terminal): Promise<boolean> {
  const result = benchSpread({
    ...(seed !== undefined && { seed }),
    onProgress: (line) => terminal.progress(line),
  })
  terminal.progress('')
  if (chart !== undefined) await writeFile(chart, spreadChart(result))
  const { report } = result
  if (json === true) {
    terminal.out(JSON.stringify(report))
    return report.ok
  }
  const { style } = terminal
  for (const [title = '', ...lines] of spreadTables(report)) {
    terminal.out(style.bold(title))
    for (const line of lines) terminal.out(`  ${line}`)
    terminal.out('')
  }
  terminal.out(
    report.ok ? `${style.green('✓')} the figures are reached` : `${style.red('✗')} a figure is not reached`,
  )
  return report.ok
}
