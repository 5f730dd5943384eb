export { run } from './run.ts'
export { EXIT, type ExitCode } from './exit-codes.ts'
export { processTerminal, type Terminal } from './terminal/terminal.ts'
