import { SkeinError } from '@skein/core'

/**
 * - `notSupportedPlatform`: there are no binaries for this machine.
 * - `wrongMajor`: the data directory is of another PostgreSQL major version.
 * - `inUse`: another live process runs a database on this data directory.
 * - `portBusy`, `diskFull`: as they say.
 * - `cannotStart`: anything else; the message carries PostgreSQL's own last lines.
 */
export type EmbeddedPostgresFailure =
  | 'notSupportedPlatform'
  | 'wrongMajor'
  | 'inUse'
  | 'portBusy'
  | 'diskFull'
  | 'cannotStart'

export class EmbeddedPostgresError extends SkeinError<EmbeddedPostgresFailure> {
  override name = 'EmbeddedPostgresError'
  constructor(reason: EmbeddedPostgresFailure, message: string, cause?: unknown) {
    super(reason, message, { remedy: 'fix', ...(cause !== undefined && { cause }) })
  }
}

/** What PostgreSQL's own words mean, so that the reader is told what to do about it. */
export function failureFromLog(log: string, during: string): EmbeddedPostgresError {
  const lastLines = log.trim().split('\n').slice(-5).join('\n')
  if (/No space left on device/i.test(log)) {
    return new EmbeddedPostgresError(
      'diskFull',
      `The disk is full: ${during} needs space in the data directory.\n${lastLines}`,
    )
  }
  if (/Address already in use/i.test(log)) {
    return new EmbeddedPostgresError(
      'portBusy',
      `The database's port is taken by another process. Choose another, or 0 for any.\n${lastLines}`,
    )
  }
  return new EmbeddedPostgresError('cannotStart', `PostgreSQL failed at ${during}:\n${lastLines}`)
}
