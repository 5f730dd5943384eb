import type { ClusterStatus } from '@skein/server'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { dataDirectory } from '../up/data-directory.ts'
import { readRunFile } from '../up/run-file.ts'
import { readSecrets } from '../up/secrets.ts'

/** A cluster, reached through any of its nodes or a proxy in front of them, and what opens its operator routes. */
export interface Operator {
  readonly url: string
  readonly key: string | undefined
}

export interface OperatorOptions {
  readonly url?: string
  readonly data: string
}

const TIMEOUT_MS = 5_000

export const OPERATOR_HELP = `
The address is taken from --url, else from SKEIN_URL, else it is that of the
skein up on this data. The operator key is taken from SKEIN_OPERATOR_KEY, else
from the data of skein up.`

/** Whom to ask. The key goes with the address: that of a local skein up is of no use elsewhere. */
export async function findOperator(
  { url: flag, data }: OperatorOptions,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Operator> {
  const directory = dataDirectory(data)
  const named = flag ?? env['SKEIN_URL']
  const run = await readRunFile(directory)
  const url = named ?? run?.url
  if (url === undefined) {
    throw new CliError(
      EXIT.unavailable,
      'No skein up runs on this data. Start one with skein up, or name a node with --url.',
    )
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError(EXIT.usage, `${url} is not an address; use for example http://127.0.0.1:7777.`)
  }
  const own = (await readSecrets(directory))?.operatorKey
  const given = env['SKEIN_OPERATOR_KEY']
  return { url, key: named === undefined ? (own ?? given) : (given ?? own) }
}

/** The cluster as the node that answers sees it. Rejects with a CliError that says why there is no answer. */
export async function askCluster(operator: Operator): Promise<ClusterStatus> {
  const { status, body } = await ask(operator, 'GET', '/v1/cluster')
  if (status === 200 && isClusterStatus(body)) return body
  throw new CliError(
    EXIT.unavailable,
    `${operator.url} answered ${status} and no cluster. Is that a Skein node of this version?`,
  )
}

export interface DrainOrder {
  readonly windowMs?: number
  readonly force: boolean
}

/** Begins a drain; resolves with how long it is meant to take. */
export async function orderDrain(operator: Operator, node: string, order: DrainOrder): Promise<number> {
  const path = `/v1/cluster/nodes/${encodeURIComponent(node)}/drain`
  const { status, body } = await ask(operator, 'POST', path, order)
  if (status === 202) return numberIn(body, 'windowMs') ?? order.windowMs ?? 0
  const detail = textIn(body, 'detail') ?? textIn(body, 'title') ?? `${operator.url} answered ${status}.`
  throw new CliError(drainExit(status), detail)
}

const drainExit = (status: number) => {
  if (status === 404 || status === 400) return EXIT.usage
  return status === 409 ? EXIT.failed : EXIT.unavailable
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function ask({ url, key }: Operator, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new CliError(EXIT.unavailable, `Nothing answers at ${url}. Is the cluster running?`, cause)
  })
  if (response.status === 401 || response.status === 403) {
    const what = key === undefined ? 'an operator key' : 'another operator key'
    throw new CliError(
      EXIT.config,
      `${url} wants ${what}; set SKEIN_OPERATOR_KEY to that of its nodes (at least 32 characters; without one they refuse).`,
    )
  }
  return { status: response.status, body: await response.json().catch(() => undefined) }
}

const fieldIn = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined

const textIn = (value: unknown, name: string): string | undefined => {
  const field = fieldIn(value, name)
  return typeof field === 'string' ? field : undefined
}

const numberIn = (value: unknown, name: string): number | undefined => {
  const field = fieldIn(value, name)
  return typeof field === 'number' ? field : undefined
}

/** Looked at only as far as one could mistake something else for it. */
const isClusterStatus = (value: unknown): value is ClusterStatus =>
  textIn(value, 'self') !== undefined &&
  Array.isArray(fieldIn(value, 'nodes')) &&
  Array.isArray(fieldIn(value, 'guards')) &&
  typeof fieldIn(value, 'health') === 'object' &&
  typeof fieldIn(value, 'bus') === 'object'
