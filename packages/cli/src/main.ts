import { run } from './run.ts'
import { processTerminal } from './terminal/terminal.ts'

// Whoever reads us may have seen enough (`skein doctor | head`); that is no reason to die.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

process.exitCode = await run(process.argv.slice(2), processTerminal())
