import { rename, writeFile } from 'node:fs/promises'
import { Option, type Command } from 'commander'
import { LIMITS, type DispatchDocument } from '@skein/protocol'
import { atRest, dispatchDocument, endpointsOfEdges, inOrder } from '@skein/server'
import { CliError } from '../cli-error.ts'
import { findOperator } from '../cluster/operator.ts'
import { askDispatch } from '../dispatch/ask-dispatch.ts'
import { findSigning, type Signing } from '../dispatch/signer.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import { dataDirectory, DEFAULT_DATA } from '../up/data-directory.ts'
import { durationSeconds } from './arguments.ts'

interface DispatchFlags {
  readonly publicKey?: boolean
  readonly out?: string
  readonly ttl: number
  readonly url?: string
  readonly config?: string
  readonly data: string
}

const DAY_SECONDS = 86_400
const STDOUT = '-'

const HELP = `
Clients ask GET /v1/dispatch of any node where to connect. The answer is signed,
so that a copy may lie anywhere: --out writes one for a web server or a CDN, and
clients are given the public key.

The endpoints are those of the option edges, else what the nodes say now: at
--url, else SKEIN_URL, else the skein up on this data. The key is the nodes' own:
SKEIN_DISPATCH_KEY, else SKEIN_CLUSTER_SECRET, else SKEIN_JWT_SECRET (or the same
in --config), else that of skein up.`

export function addDispatch(program: Command, { terminal }: CommandContext): void {
  program
    .command('dispatch')
    .description('Tell the key that signs the list of endpoints, or write such a list.')
    .option('--public-key', 'print the public key that clients are given')
    .addOption(
      new Option('-o, --out <file>', 'write a signed list to this file; - prints it').conflicts('publicKey'),
    )
    .option('--ttl <duration>', 'how long it is fresh: 90s, 15m, 12h, 7d', durationSeconds, DAY_SECONDS)
    .option('--url <url>', 'any node of the cluster, or the proxy in front')
    .option('-c, --config <file>', 'JSON file with the options of a node')
    .option('--data <directory>', 'data of the skein up that is meant', DEFAULT_DATA)
    .addHelpText('after', HELP)
    .action(async (flags: DispatchFlags) => {
      const signing = await findSigning(flags.config, dataDirectory(flags.data), process.env)
      if (flags.publicKey === true) return terminal.out(signing.signer.publicKey)
      if (flags.out === undefined) throw new CliError(EXIT.usage, 'Name --out FILE, or --public-key.')
      const document = await documentFor(flags, signing)
      const text = signing.signer.sign(document)
      if (flags.out === STDOUT) return terminal.out(text)
      await writeWhole(flags.out, `${text}\n`)
      const { issuedAt, ttlMs, staleMs, endpoints } = document
      terminal.out(
        `${flags.out}: ${endpoints.length} ${endpoints.length === 1 ? 'endpoint' : 'endpoints'}, fresh until ${dayOf(issuedAt + ttlMs)}, of use until ${dayOf(issuedAt + ttlMs + staleMs)}.`,
      )
    })
}

const dayOf = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`

async function documentFor(flags: DispatchFlags, { settings, signer }: Signing): Promise<DispatchDocument> {
  const ttlMs = flags.ttl * 1_000
  if (ttlMs > LIMITS.dispatchLifeMs) {
    throw new CliError(EXIT.usage, `--ttl must be at most ${LIMITS.dispatchLifeMs / 86_400_000} days.`)
  }
  const { edges, staleMs } = settings
  const told = edges.length > 0 ? undefined : await toldBy(flags, signer.publicKey)
  const strategy = settings.strategy ?? told?.strategy
  const terms = { ttlMs, staleMs, ...(strategy !== undefined && { strategy }) }
  const endpoints = told === undefined ? endpointsOfEdges(edges) : atRest(told.endpoints)
  return dispatchDocument(inOrder(endpoints), terms, Date.now())
}

async function toldBy(flags: DispatchFlags, publicKey: string): Promise<DispatchDocument> {
  const { url } = await findOperator(flags, process.env)
  return askDispatch(url, publicKey)
}

/** Whole or not at all: a web server may be reading it. */
async function writeWhole(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await writeFile(aside, text)
    await rename(aside, path)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CliError(EXIT.cannotCreate, `${path} cannot be written: ${why}.`, cause)
  }
}
