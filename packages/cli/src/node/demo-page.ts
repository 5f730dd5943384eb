import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

/** Where the built demo page is. */
export function demoPageDirectory(): string {
  const directory = join(
    dirname(createRequire(import.meta.url).resolve('@skein/console/package.json')),
    'dist',
  )
  if (existsSync(join(directory, 'index.html'))) return directory
  throw new CliError(
    EXIT.config,
    'The demo page is not built; run npm run build, or npm start, which does it.',
  )
}
