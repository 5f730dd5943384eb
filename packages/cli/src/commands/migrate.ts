import { Option, type Command } from 'commander'
import { migrate, withoutPassword } from '@skein/server'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'

export function addMigrate(program: Command, { terminal }: CommandContext): void {
  program
    .command('migrate')
    .description("Create or upgrade the database's schema.")
    .addOption(new Option('--url <url>', 'the database').env('DATABASE_URL'))
    .action(async (options: { readonly url?: string }) => {
      const url = options.url ?? process.env['SKEIN_DATABASE_URL']
      if (url === undefined) throw new CliError(EXIT.config, 'No database: set DATABASE_URL, or use --url.')
      terminal.progress('Migrating …')
      const { applied } = await migrate(url)
      const place = withoutPassword(url)
      terminal.out(
        applied.length === 0
          ? `The schema of ${place} is up to date.`
          : `Migrated ${place}: ${applied.join(', ')}.`,
      )
    })
}
