import { benchProxy, NoProxies } from '@skein/testkit'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** @returns whether its figures are reached */
export async function runProxy(json: boolean, terminal: Terminal): Promise<boolean> {
  const report = await benchProxy({ onProgress: (line) => terminal.progress(line) }).catch(withoutProxies)
  terminal.progress('')
  if (json) {
    terminal.out(JSON.stringify(report))
    return report.ok
  }
  const { style } = terminal
  const rows = (values: object): readonly string[] =>
    table(Object.entries(values).map(([key, value]) => [key, String(value)] as const))
  terminal.out(style.bold(report.bench))
  for (const line of rows(report.figures)) terminal.out(`  ${line}`)
  for (const line of rows(report.environment)) terminal.out(style.dim(`  ${line}`))
  terminal.out(
    report.ok ? `${style.green('✓')} the figures are reached` : `${style.red('✗')} a figure is not reached`,
  )
  return report.ok
}

function withoutProxies(error: unknown): never {
  if (error instanceof NoProxies) throw new CliError(EXIT.unavailable, error.message, error)
  throw error
}
