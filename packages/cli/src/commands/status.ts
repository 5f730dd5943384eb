import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import { table } from '../terminal/table.ts'
import { dataDirectory, DEFAULT_DATA } from '../up/data-directory.ts'
import { readRunFile } from '../up/run-file.ts'
import { readSecrets } from '../up/secrets.ts'

interface StatusOptions {
  readonly url?: string
  readonly data: string
  readonly json?: boolean
}

const TIMEOUT_MS = 5_000

export function addStatus(program: Command, { terminal }: CommandContext): void {
  program
    .command('status')
    .description('Ask a running node how it is.')
    .option('--url <url>', 'the node; the one of skein up unless given')
    .option('--data <directory>', 'data of the skein up that is asked', DEFAULT_DATA)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', '\nThe key of the API is taken from SKEIN_API_KEY, else from the data of skein up.')
    .action(async (options: StatusOptions) => {
      const { url, apiKey } = await target(options)
      terminal.progress(`Asking ${url} …`)
      const status = await askStatus(url, apiKey)
      if (options.json === true) {
        terminal.out(JSON.stringify(status, null, 2))
        return
      }
      terminal.out(`${terminal.style.green('●')} ${terminal.style.bold(url)}`)
      for (const line of table(rows(status))) terminal.out(`  ${line}`)
    })
}

async function target(options: StatusOptions): Promise<{ url: string; apiKey: string | undefined }> {
  const directory = dataDirectory(options.data)
  const url = options.url ?? (await readRunFile(directory))?.url
  if (url === undefined) {
    throw new CliError(
      EXIT.unavailable,
      'No skein up runs on this data. Start one with skein up, or name a node with --url.',
    )
  }
  if (!URL.canParse(url))
    throw new CliError(EXIT.usage, `${url} is not an address; use for example http://127.0.0.1:7777.`)
  return { url, apiKey: process.env['SKEIN_API_KEY'] ?? (await readSecrets(directory))?.apiKey }
}

/** Asks one node. Rejects with a CliError that says why there is no answer. */
export async function askStatus(
  url: string,
  apiKey: string | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(new URL('/v1/status', url), {
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new CliError(EXIT.unavailable, `Nothing answers at ${url}. Is the node running?`, cause)
  })
  if (response.status === 401 || response.status === 403) {
    throw new CliError(
      EXIT.config,
      `${url} wants another API key; set SKEIN_API_KEY to one of SKEIN_API_KEYS there.`,
    )
  }
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok || typeof body !== 'object' || body === null) {
    throw new CliError(
      EXIT.unavailable,
      `${url} answered ${response.status} and no status. Is that a Skein node?`,
    )
  }
  return { ...body }
}

/** Nested figures as `counters.sends`, so that whatever a node tells is shown. */
function rows(value: object, prefix = ''): readonly (readonly [string, string])[] {
  return Object.entries(value).flatMap(([key, entry]: [string, unknown]) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? rows(entry, `${prefix}${key}.`)
      : [[`${prefix}${key}`, shown(entry)] as const],
  )
}

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : JSON.stringify(typeof value === 'number' ? Math.round(value * 100) / 100 : value)
