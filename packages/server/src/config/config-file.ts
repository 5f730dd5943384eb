import { ConfigError } from './config-error.ts'
import type { OptionSet } from './option.ts'
import type { ConfigFile } from './resolve.ts'

const asText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',')
  return undefined
}

/** Reads the text of a JSON configuration file: an object of option keys. Throws ConfigError. */
export function parseConfigFile(path: string, text: string, options: OptionSet): ConfigFile {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw new ConfigError('badFile', `${path} is not JSON; check its commas and quotes.`, cause)
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError('badFile', `${path} must hold one JSON object, for example {"port": 7777}.`)
  }
  const values: Record<string, string> = {}
  for (const [key, value] of Object.entries(content)) {
    const option = Object.hasOwn(options, key) ? options[key] : undefined
    if (option === undefined || option.internal === true)
      throw new ConfigError('badFile', unknownKey(path, key, options))
    const asGiven = asText(value)
    if (asGiven === undefined) {
      throw new ConfigError('badValue', `${key}: the value in ${path} must be ${option.setting.allowed}.`)
    }
    values[key] = asGiven
  }
  return { path, values }
}

function unknownKey(path: string, key: string, options: OptionSet): string {
  const near = Object.keys(options).find(
    (candidate) => candidate.toLowerCase() === key.toLowerCase().replace(/[-_]/g, ''),
  )
  const hint = near === undefined ? 'docs/configuration.md lists all' : `"${near}" may be meant`
  return `${path}: there is no option "${key.slice(0, 60)}"; ${hint}.`
}
