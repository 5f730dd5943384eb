import { CommanderError } from 'commander'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { explain } from './explain.ts'
import { buildProgram } from './program.ts'
import type { Terminal } from './terminal/terminal.ts'

/** Runs one command line. Resolves with the exit code; whatever goes wrong has been told by then. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  try {
    const program = await buildProgram(args, terminal, (code) => (exitCode = code))
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has printed help or what is wrong with the arguments.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const { exitCode: code, text } = explain(error)
    terminal.err(`${terminal.errStyle.red('skein:')} ${text}`)
    return code
  }
}
