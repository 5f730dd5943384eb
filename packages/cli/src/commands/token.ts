import { Option, type Command } from 'commander'
import { mintToken } from '@skein/server'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import { dataDirectory, DEFAULT_DATA } from '../up/data-directory.ts'
import { DEMO_APP } from '../up/node-env.ts'
import { readSecrets } from '../up/secrets.ts'
import { durationSeconds } from './arguments.ts'

interface TokenOptions {
  readonly app: string
  readonly user: string
  readonly ttl: number
  readonly secret?: string
  readonly data: string
  readonly json?: boolean
}

export function addToken(program: Command, { terminal }: CommandContext): void {
  program
    .command('token')
    .description('Mint a token (JWT, HS256) for trying things out.')
    .requiredOption('-u, --user <user>', 'whom it speaks for (sub)')
    .option('-a, --app <app>', 'tenant', DEMO_APP)
    .option('--ttl <duration>', 'how long it holds: 90s, 15m, 12h, 7d', durationSeconds, 3_600)
    .addOption(
      new Option('--secret <secret>', 'signs it; the secret of skein up unless given').env(
        'SKEIN_JWT_SECRET',
      ),
    )
    .option('--data <directory>', 'data of the skein up whose secret is used', DEFAULT_DATA)
    .option('--json', 'print token, user, app and end as JSON')
    .action(async (options: TokenOptions) => {
      const secret = options.secret ?? (await readSecrets(dataDirectory(options.data)))?.jwtSecret
      if (secret === undefined) {
        throw new CliError(
          EXIT.config,
          'No secret: set SKEIN_JWT_SECRET, or run this where skein up has run.',
        )
      }
      const { app, user, ttl: ttlSeconds } = options
      const minted = await mintToken({ app, user, secret, ttlSeconds }, { now: () => Date.now() })
      const expiresAt = new Date(minted.expiresAtMs).toISOString()
      terminal.out(
        options.json === true ? JSON.stringify({ token: minted.token, user, app, expiresAt }) : minted.token,
      )
    })
}
