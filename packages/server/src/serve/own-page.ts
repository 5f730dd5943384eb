import type { FastifyRequest } from 'fastify'

const LOOPBACK_ADDRESSES = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])
const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Whether the page itself asks, on this machine. The Host header is looked at because a foreign page
 * can make its own name point to 127.0.0.1 (DNS rebinding).
 */
export function isOwnPage(request: Pick<FastifyRequest, 'headers' | 'ip'>): boolean {
  const { host, origin } = request.headers
  if (!LOOPBACK_ADDRESSES.has(request.ip) || host === undefined) return false
  if (!LOOPBACK_HOSTS.has(host.replace(/:\d+$/, ''))) return false
  return origin === undefined || origin === `http://${host}`
}
