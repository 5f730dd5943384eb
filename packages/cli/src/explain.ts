import type { EmbeddedPostgresFailure } from '@skein/embedded-postgres'
import type { StoreFailure } from '@skein/server'
import { CliError } from './cli-error.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

export interface Explanation {
  readonly exitCode: ExitCode
  /** One line, or few where another program's words help. */
  readonly text: string
}

const STORE_EXITS: Readonly<Record<StoreFailure, ExitCode>> = {
  unavailable: EXIT.unavailable,
  indeterminate: EXIT.unavailable,
  incompatible: EXIT.config,
  configuration: EXIT.config,
}

const POSTGRES_EXITS: Readonly<Record<EmbeddedPostgresFailure, ExitCode>> = {
  notSupportedPlatform: EXIT.unavailable,
  wrongMajor: EXIT.config,
  inUse: EXIT.cannotCreate,
  portBusy: EXIT.unavailable,
  diskFull: EXIT.cannotCreate,
  cannotStart: EXIT.unavailable,
}

/** By the names of errors and not their classes: a command loads only the packages that it uses. */
const EXITS: Readonly<Record<string, ExitCode | Readonly<Record<string, ExitCode>>>> = {
  RuntimeApiError: EXIT.config,
  ConfigError: EXIT.config,
  OptionError: EXIT.config,
  ClusterError: EXIT.config,
  RegistryError: { configuration: EXIT.config, unavailable: EXIT.unavailable },
  StoreError: STORE_EXITS,
  EmbeddedPostgresError: POSTGRES_EXITS,
}

function exitOf(error: Error): ExitCode | undefined {
  const exits = EXITS[error.name]
  return typeof exits === 'object' ? exits['reason' in error ? String(error.reason) : ''] : exits
}

const SYSTEM_ERRORS: Readonly<Record<string, readonly [ExitCode, (error: NodeJS.ErrnoException) => string]>> =
  {
    ENOSPC: [
      EXIT.cannotCreate,
      () => 'The disk is full. Free some space and start again; nothing acknowledged is lost.',
    ],
    EDQUOT: [EXIT.cannotCreate, () => 'The disk quota is used up. Free some space and start again.'],
    EACCES: [EXIT.cannotCreate, (error) => `No permission${at(error)}. Use a place of your own with --data.`],
    EROFS: [
      EXIT.cannotCreate,
      (error) => `The file system is read-only${at(error)}. Use another place with --data.`,
    ],
    EADDRINUSE: [EXIT.unavailable, (error) => busyPort(portOf(error))],
    EADDRNOTAVAIL: [EXIT.config, () => 'This machine does not have the address to listen on; change --host.'],
  }

const at = (error: NodeJS.ErrnoException): string => (error.path === undefined ? '' : ` at ${error.path}`)

const portOf = (error: NodeJS.ErrnoException): unknown => ('port' in error ? error.port : undefined)

export const busyPort = (port: unknown): string =>
  `Port ${typeof port === 'number' ? port : ''} is taken by another process. Stop that one, or choose another with --port.`.replace(
    'Port  ',
    'The port ',
  )

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'

/** What an error means to the person at the terminal. Unexpected ones keep their stack. */
export function explain(error: unknown): Explanation {
  if (error instanceof CliError) return { exitCode: error.exitCode, text: error.message }
  const exitCode = error instanceof Error ? exitOf(error) : undefined
  if (exitCode !== undefined && error instanceof Error) return { exitCode, text: error.message }
  const known = isSystemError(error) ? SYSTEM_ERRORS[error.code ?? ''] : undefined
  if (known !== undefined && isSystemError(error)) return { exitCode: known[0], text: known[1](error) }
  return {
    exitCode: EXIT.failed,
    text: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
}
