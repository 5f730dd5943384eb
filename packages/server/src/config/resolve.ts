import { ConfigError } from './config-error.ts'
import { envNames, flagName, type Option, type OptionSet, type Values } from './option.ts'

/** Where values come from; the first that has one wins. */
export interface ConfigSources {
  /** By option key, as typed. */
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly file?: ConfigFile
}

export interface ConfigFile {
  readonly path: string
  /** By option key, as text. */
  readonly values: Readonly<Record<string, string>>
}

interface Given {
  readonly text: string
  /** For messages: `--port`, `SKEIN_PORT`, `"port" in skein.json`. */
  readonly source: string
}

function given(key: string, option: Option<unknown>, sources: ConfigSources): Given | undefined {
  const flag = sources.flags[key]
  if (flag !== undefined) return { text: flag, source: flagName(key, option) ?? key }
  for (const name of envNames(key, option)) {
    const value = sources.env[name]
    // An empty variable is how compose files and shells say "not set".
    if (value !== undefined && value !== '') return { text: value, source: name }
  }
  const value = sources.file?.values[key]
  return value === undefined ? undefined : { text: value, source: `"${key}" in ${sources.file?.path}` }
}

const SHOWN_CHARACTERS = 60

function badValue(key: string, option: Option<unknown>, { text, source }: Given): ConfigError {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
  // What looks like an address may hold a password, even when it does not parse.
  const quoted = option.secret === true || text.includes('@') ? 'the value' : JSON.stringify(shown)
  return new ConfigError('badValue', `${key}: ${quoted} from ${source} must be ${option.setting.allowed}.`)
}

/** Precedence: flag, environment, file, default. Throws ConfigError on the first value that is not allowed. */
export function resolveOptions<S extends OptionSet>(options: S, sources: ConfigSources): Values<S> {
  const values: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(options)) {
    const found = given(key, option, sources)
    if (found === undefined) {
      values[key] = option.fallback
      continue
    }
    const value = option.setting.parse(found.text.trim())
    if (value === undefined) throw badValue(key, option, found)
    values[key] = value
  }
  return values as Values<S>
}
