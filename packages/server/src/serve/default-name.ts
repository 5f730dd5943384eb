import { fnv1a32, randomName, type Random } from '@skein/core'

/** With a hyphen and a port, a name has room for so much of the host's. */
const HOST_MAX_LENGTH = 24
const START_LENGTH = 10
const END_LENGTH = 5
const DIGEST_LENGTH = 7

/** The host's name with the port; where the port is any free one, with something of its own. */
export function defaultName(hostname: string, port: number, random: Random): string {
  const host = hostname.replace(/[^A-Za-z0-9-]/g, '-').replace(/^-+/, '') || 'node'
  return `${shortened(host)}-${port === 0 ? randomName(random, 6) : port}`
}

/** Pods differ at the end of their names, full host names at the beginning; others only in the middle. */
function shortened(host: string): string {
  if (host.length <= HOST_MAX_LENGTH) return host
  const digest = fnv1a32(host).toString(36).padStart(DIGEST_LENGTH, '0')
  return `${host.slice(0, START_LENGTH)}-${digest}-${host.slice(-END_LENGTH)}`
}
