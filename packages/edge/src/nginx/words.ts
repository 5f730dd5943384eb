import { isIPv6 } from 'node:net'
import type { DesiredServer } from '../driver/driver.ts'

/**
 * A name of the cluster as the address of a client carries it, matched as it is: NGINX compares plain keys
 * of a map without regard to case, does not decode `$arg_…`, and `default` or `include` would be orders.
 */
export const nameKey = (name: string): string =>
  `"~^${encodeURIComponent(name).replace(/[^A-Za-z0-9%_-]/g, (mark) => `[${mark}]`)}$"`

/** Nothing of the cluster may end a word or a line of a configuration. */
export const isPlainHost = (host: string): boolean => isIPv6(host) || /^[A-Za-z0-9._-]+$/.test(host)

export const addressOf = ({ host, port }: Pick<DesiredServer, 'host' | 'port'>): string =>
  `${isIPv6(host) ? `[${host}]` : host}:${port}`

/** Whole seconds would round short windows to nothing. */
export const ms = (durationMs: number): string => `${Math.ceil(durationMs)}ms`

export const seconds = (durationMs: number): string => `${Math.ceil(durationMs / 1_000)}s`

export const indented = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line === '' ? '' : `  ${line}`))

export const block = (head: string, lines: readonly string[]): readonly string[] => [
  `${head} {`,
  ...indented(lines),
  '}',
]
