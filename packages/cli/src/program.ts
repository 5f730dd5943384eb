import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal/terminal.ts'
import { wrapLines } from './terminal/wrap.ts'

/** What commands are given: where to print, and how to say how it went without an error. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly exitWith: (code: ExitCode) => void
}

type AddCommand = (program: Command, context: CommandContext) => void

/** As the help lists them. Each brings along what it needs, so it is loaded when it is chosen. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  up: async () => (await import('./commands/up.ts')).addUp,
  node: async () => (await import('./commands/node.ts')).addNode,
  edge: async () => (await import('./commands/edge.ts')).addEdge,
  token: async () => (await import('./commands/token.ts')).addToken,
  migrate: async () => (await import('./commands/migrate.ts')).addMigrate,
  status: async () => (await import('./commands/status.ts')).addStatus,
  dispatch: async () => (await import('./commands/dispatch.ts')).addDispatch,
  drain: async () => (await import('./commands/drain.ts')).addDrain,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  sim: async () => (await import('./commands/sim.ts')).addSim,
  chaos: async () => (await import('./commands/chaos.ts')).addChaos,
  bench: async () => (await import('./commands/bench.ts')).addBench,
}

/** The command that these arguments choose; all of them for help and for what is no command. */
function chosenBy([first]: readonly string[]): readonly string[] {
  const names = Object.keys(COMMANDS)
  return first !== undefined && names.includes(first) ? [first] : names
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

export async function buildProgram(
  args: readonly string[],
  terminal: Terminal,
  exitWith: (code: ExitCode) => void,
): Promise<Command> {
  const program = new Command('skein')
    .description('Instant messaging that stays up.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(skein --help, or skein <command> --help)')
    .configureHelp({ formatItem: formatHelpItem })
    .configureOutput({ getOutHelpWidth: () => HELP_COLUMNS, getErrHelpWidth: () => HELP_COLUMNS })
    .addHelpText('after', EXIT_CODES)
  for (const name of chosenBy(args)) {
    const add = await COMMANDS[name]?.()
    add?.(program, { terminal, exitWith })
  }
  return program
}
