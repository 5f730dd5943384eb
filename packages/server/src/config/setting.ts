import { parseRedisAddress } from '../bus/redis/redis-address.ts'

/** A kind of value: how it is read from text, what is allowed, how it is shown. */
export interface Setting<T> {
  /** What is allowed, in words that fit behind "must be". */
  readonly allowed: string
  /** Placeholder in help: `<port>`. */
  readonly placeholder: string
  /** The value, or undefined when the text is not allowed. */
  parse(text: string): T | undefined
  show(value: T): string
}

export function integer(bounds: { min: number; max: number; unit?: string }): Setting<number> {
  const { min, max } = bounds
  const unit = bounds.unit ?? ''
  return {
    allowed: `a whole number from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`,
    placeholder: unit === '' ? 'number' : unit.replaceAll(' ', '-'),
    parse(text) {
      if (!/^-?\d+$/.test(text)) return undefined
      const value = Number(text)
      return value >= min && value <= max ? value : undefined
    },
    show: String,
  }
}

export function text(rule: { allowed: string; pattern: RegExp; placeholder: string }): Setting<string> {
  return {
    allowed: rule.allowed,
    placeholder: rule.placeholder,
    parse: (value) => (rule.pattern.test(value) ? value : undefined),
    show: (value) => value,
  }
}

export function choice<const T extends string>(values: readonly T[]): Setting<T> {
  return {
    allowed: `one of ${values.join(', ')}`,
    placeholder: values.join('|'),
    parse: (value) => values.find((candidate) => candidate === value),
    show: (value) => value,
  }
}

const YES = new Set(['true', '1', 'yes', 'on'])
const NO = new Set(['false', '0', 'no', 'off'])

export const yesOrNo: Setting<boolean> = {
  allowed: 'true or false',
  placeholder: 'true|false',
  parse: (value) => (YES.has(value) ? true : NO.has(value) ? false : undefined),
  show: String,
}

/** Values between commas. */
export function list<T>(item: Setting<T>): Setting<readonly T[]> {
  return {
    allowed: `a list between commas, each ${item.allowed}`,
    placeholder: `${item.placeholder},…`,
    parse(value) {
      const parts = value.split(',').map((part) => part.trim())
      const items: T[] = []
      for (const part of parts.filter((candidate) => candidate !== '')) {
        const parsed = item.parse(part)
        if (parsed === undefined) return undefined
        items.push(parsed)
      }
      return items
    },
    show: (values) => (values.length === 0 ? 'none' : values.map((value) => item.show(value)).join(',')),
  }
}

export function url(protocols: readonly string[]): Setting<string> {
  return {
    allowed: `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    placeholder: 'url',
    parse: (value) =>
      URL.canParse(value) && protocols.includes(new URL(value).protocol) ? value : undefined,
    show: withoutPassword,
  }
}

/** One Redis server or its Sentinels. */
export const redisUrl: Setting<string> = {
  allowed:
    'redis://[user:password@]host[:port] (rediss:// for TLS) or redis+sentinel://host:port,host:port/name',
  placeholder: 'url',
  parse(value) {
    try {
      parseRedisAddress(value)
      return value
    } catch {
      return undefined
    }
  },
  show: withoutPassword,
}

/** An address fit for the eyes of others. */
export function withoutPassword(address: string): string {
  if (!URL.canParse(address)) return address.replace(/:[^:@/]*@/, ':…@')
  const parsed = new URL(address)
  return parsed.password === '' ? address : address.replace(`:${parsed.password}@`, ':…@')
}
