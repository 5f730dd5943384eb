import { InvalidArgumentError } from 'commander'

/** Reads a whole number between bounds for commander. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** Reads `90`, `90s`, `15m`, `12h` or `7d` as seconds for commander. */
export function durationSeconds(text: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text)
  const seconds = Number(match?.[1]) * (UNIT_SECONDS[match?.[2] || 's'] ?? NaN)
  if (seconds > 0) return seconds
  throw new InvalidArgumentError('It must be a duration such as 90s, 15m, 12h or 7d.')
}

export interface Place {
  readonly host: string
  readonly port: number
}

/** Reads `127.0.0.1:7777` or `[::]:7777` for commander. */
export function hostAndPort(text: string): Place {
  const [, v6, name, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const [host, port] = [v6 ?? name, Number(digits)]
  if (host !== undefined && port <= 65_535) return { host, port }
  throw new InvalidArgumentError('It must be an address with a port, such as 127.0.0.1:9100 or [::]:9100.')
}

/** Reads `http://10.0.0.1:7000,http://10.0.0.2:7000` for commander. */
export function httpUrls(text: string): readonly string[] {
  const urls = text.split(',').map((url) => url.trim())
  const wrong = urls.find((url) => !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
  if (wrong === undefined) return urls
  throw new InvalidArgumentError(`${wrong || 'Nothing'} is no address; use for example http://10.0.0.1:7000.`)
}
