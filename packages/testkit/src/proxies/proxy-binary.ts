import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Proxies of others that an edge drives. */
export type ProxyKind = 'haproxy' | 'nginx'

const PACKAGES = { haproxy: 'haproxy', nginx: 'nginx-light' } as const satisfies Record<ProxyKind, string>
/** A user's PATH often lacks the folders of daemons. */
const DAEMON_FOLDERS = ['/usr/local/sbin', '/usr/sbin']

/** Where the installed one is. */
export function proxyBinary(kind: ProxyKind): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...DAEMON_FOLDERS]
  return folders.map((folder) => join(folder, kind)).find((path) => existsSync(path))
}

/** What to do where one of them is missing; undefined: all are there. */
export function whyNoProxies(kinds: readonly ProxyKind[]): string | undefined {
  const missing = [...new Set(kinds)].filter((kind) => proxyBinary(kind) === undefined)
  if (missing.length === 0) return undefined
  const packages = missing.map((kind) => PACKAGES[kind]).join(' ')
  return `${missing.join(' and ')} not found. Install with: apt-get install ${packages}`
}

/** @throws with what to do where there is none. */
export function neededBinary(kind: ProxyKind): string {
  const path = proxyBinary(kind)
  if (path === undefined) throw new Error(whyNoProxies([kind]))
  return path
}
