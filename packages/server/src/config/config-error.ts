import { SkeinError } from '@skein/core'

/**
 * - `badValue`: a value is not allowed.
 * - `missing`: something that has no default is not given.
 * - `conflict`: two options contradict each other.
 * - `badFile`: the configuration file cannot be read, or names what does not exist.
 */
export type ConfigFailure = 'badValue' | 'missing' | 'conflict' | 'badFile'

export class ConfigError extends SkeinError<ConfigFailure> {
  override name = 'ConfigError'
  constructor(reason: ConfigFailure, message: string, cause?: unknown) {
    super(reason, message, { remedy: 'fix', ...(cause !== undefined && { cause }) })
  }
}
