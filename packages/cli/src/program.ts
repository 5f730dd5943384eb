import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addChaos } from './commands/chaos.ts'
import { addDispatch } from './commands/dispatch.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDrain } from './commands/drain.ts'
import { addEdge } from './commands/edge.ts'
import { addMigrate } from './commands/migrate.ts'
import { addNode } from './commands/node.ts'
import { addBench } from './commands/bench.ts'
import { addSim } from './commands/sim.ts'
import { addStatus } from './commands/status.ts'
import { addToken } from './commands/token.ts'
import { addUp } from './commands/up.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal/terminal.ts'
import { wrapLines } from './terminal/wrap.ts'

/** What commands are given: where to print, and how to say how it went without an error. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly exitWith: (code: ExitCode) => void
}

const HELP_COLUMNS = 80

const TERM_COLUMNS = 22

/** Term and description side by side while the terms are short; else the description below. */
function formatHelpItem(term: string, termWidth: number, description: string): string {
  const below = termWidth > TERM_COLUMNS
  const indent = below ? 6 : termWidth + 4
  const text = wrapLines(description, HELP_COLUMNS - indent).join(`\n${' '.repeat(indent)}`)
  if (description === '') return `  ${term}`
  return below ? `  ${term}\n${' '.repeat(indent)}${text}` : `  ${term.padEnd(termWidth + 2)}${text}`
}

const EXIT_CODES = `
Exit codes: 0 fine; 1 failed or a promise violated; 2 wrong usage; 69 something
needed is away or taken; 73 data cannot be written; 78 configuration, schema or
data do not fit.`

function version(): string {
  const content: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof content === 'object' && content !== null && 'version' in content
    ? String(content.version)
    : '?'
}

export function buildProgram(terminal: Terminal, exitWith: (code: ExitCode) => void): Command {
  const program = new Command('skein')
    .description('Instant messaging that stays up.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(skein --help, or skein <command> --help)')
    .configureHelp({ formatItem: formatHelpItem })
    .configureOutput({ getOutHelpWidth: () => HELP_COLUMNS, getErrHelpWidth: () => HELP_COLUMNS })
    .addHelpText('after', EXIT_CODES)
  const context: CommandContext = { terminal, exitWith }
  for (const add of [
    addUp,
    addNode,
    addEdge,
    addToken,
    addMigrate,
    addStatus,
    addDispatch,
    addDrain,
    addDoctor,
    addSim,
    addChaos,
    addBench,
  ])
    add(program, context)
  return program
}
