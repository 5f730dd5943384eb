import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { DataDirectory } from './data-directory.ts'

/** Made once at random and kept beside the data, readable by its owner alone. */
export interface Secrets {
  readonly jwtSecret: string
  readonly apiKey: string
  /** Opens the operator routes: status, drain. */
  readonly operatorKey: string
  /** By which the nodes know each other. */
  readonly clusterSecret: string
}

const SECRET_BYTES = 36

const NAMES = ['jwtSecret', 'apiKey', 'operatorKey', 'clusterSecret'] as const

/** What older versions made; what came later is added. */
const FIRST_NAMES = ['jwtSecret', 'apiKey'] as const

/** The texts in it; undefined when it is not ours. */
function known(text: string): Partial<Secrets> | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const found = new Map(Object.entries(value).filter((entry): entry is [string, string] => isText(entry[1])))
  if (!FIRST_NAMES.every((name) => found.has(name))) return undefined
  return Object.fromEntries(NAMES.flatMap((name) => (found.has(name) ? [[name, found.get(name)]] : [])))
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const isWhole = (secrets: Partial<Secrets>): secrets is Secrets =>
  NAMES.every((name) => secrets[name] !== undefined)

/** The secrets of this data, as far as they are made; undefined when there are none yet. */
export async function readSecrets(directory: DataDirectory): Promise<Partial<Secrets> | undefined> {
  const text = await readFile(directory.secrets, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const secrets = known(text)
  if (secrets !== undefined) return secrets
  throw new CliError(
    EXIT.config,
    `${directory.secrets} is damaged. Remove it: a new one is made, and everybody signs in again.`,
  )
}

/** Makes what is missing. Only who holds the lock of this data may call it. */
export async function ensureSecrets(directory: DataDirectory): Promise<Secrets> {
  const found = (await readSecrets(directory)) ?? {}
  if (isWhole(found)) return found
  const random = (): string => randomBytes(SECRET_BYTES).toString('base64url')
  const made: Secrets = {
    jwtSecret: random(),
    apiKey: random(),
    operatorKey: random(),
    clusterSecret: random(),
    ...found,
  }
  // Whole or not at all, also when killed in between.
  const aside = `${directory.secrets}.${process.pid}`
  await writeFile(aside, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 })
  await rename(aside, directory.secrets)
  return made
}
