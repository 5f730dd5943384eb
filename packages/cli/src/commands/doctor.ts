import { Option, type Command } from 'commander'
import { examine } from '../doctor/examine.ts'
import type { Finding } from '../doctor/finding.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { wrapLines } from '../terminal/wrap.ts'
import { dataDirectory, DEFAULT_DATA } from '../up/data-directory.ts'
import { wholeNumber } from './arguments.ts'
import { DEFAULT_PORT } from './up.ts'

interface DoctorOptions {
  readonly data: string
  readonly port: number
  readonly databaseUrl?: string
  readonly json?: boolean
}

const COLUMNS = 80
const INDENT = 13

export function addDoctor(program: Command, { terminal, exitWith }: CommandContext): void {
  program
    .command('doctor')
    .description('Look at what Skein needs here, and say what to do.')
    .addOption(new Option('--data <directory>', 'data of skein up').env('SKEIN_DATA').default(DEFAULT_DATA))
    .addOption(
      new Option('-p, --port <port>', 'port that should be free')
        .argParser(wholeNumber(1, 65_535))
        .env('SKEIN_PORT')
        .default(DEFAULT_PORT),
    )
    .addOption(new Option('--database-url <url>', 'a PostgreSQL of your own').env('DATABASE_URL'))
    .option('--json', 'print the findings as JSON')
    .action(async ({ data, port, databaseUrl, json }: DoctorOptions) => {
      const findings: Finding[] = []
      terminal.progress('Looking …')
      const env = process.env
      const url = databaseUrl ?? env['SKEIN_DATABASE_URL']
      for await (const finding of examine({ directory: dataDirectory(data), port, databaseUrl: url, env })) {
        findings.push(finding)
        if (json !== true) for (const line of linesOf(finding, terminal)) terminal.out(line)
      }
      const wrong = findings.filter(({ verdict }) => verdict === 'bad').length
      if (json === true) terminal.out(JSON.stringify({ ok: wrong === 0, findings }, null, 2))
      else terminal.out(wrong === 0 ? '\nAll is well.' : `\n${wrong} to mend.`)
      exitWith(wrong === 0 ? EXIT.ok : EXIT.failed)
    })
}

function linesOf({ subject, verdict, text, remedy }: Finding, { style }: Terminal): readonly string[] {
  const marks = { good: style.green('✓'), note: style.yellow('•'), bad: style.red('✗') }
  const [first, ...rest] = wrapLines(text, COLUMNS - INDENT)
  const more = [...rest, ...(remedy === undefined ? [] : wrapLines(`→ ${remedy}`, COLUMNS - INDENT))]
  return [
    `${marks[verdict]} ${subject.padEnd(INDENT - 2)}${first}`,
    ...more.map((line) => ' '.repeat(INDENT) + line),
  ]
}
