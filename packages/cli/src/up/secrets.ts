import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { DataDirectory } from './data-directory.ts'

/** Made once at random and kept beside the data, readable by its owner alone. */
export interface Secrets {
  readonly jwtSecret: string
  readonly apiKey: string
}

const SECRET_BYTES = 36

const isSecrets = (value: unknown): value is Secrets =>
  typeof value === 'object' &&
  value !== null &&
  'jwtSecret' in value &&
  typeof value.jwtSecret === 'string' &&
  'apiKey' in value &&
  typeof value.apiKey === 'string'

/** The secrets of this data, or undefined when there are none yet. */
export async function readSecrets(directory: DataDirectory): Promise<Secrets | undefined> {
  const text = await readFile(directory.secrets, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (isSecrets(value)) return { jwtSecret: value.jwtSecret, apiKey: value.apiKey }
  } catch {
    // Told below, like any other content that is not ours.
  }
  throw new CliError(
    EXIT.config,
    `${directory.secrets} is damaged. Remove it: a new one is made, and everybody signs in again.`,
  )
}

export async function ensureSecrets(directory: DataDirectory): Promise<Secrets> {
  const known = await readSecrets(directory)
  if (known !== undefined) return known
  const random = (): string => randomBytes(SECRET_BYTES).toString('base64url')
  const made: Secrets = { jwtSecret: random(), apiKey: random() }
  // Whole or not at all, also when killed in between.
  const aside = `${directory.secrets}.${process.pid}`
  await writeFile(aside, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 })
  await link(aside, directory.secrets)
  await rm(aside)
  return made
}
