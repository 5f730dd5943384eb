import type { Migrate } from '@skein/protocol'
import type { Place } from './state.ts'

/** Where a `migrate` leads: one of the client's own URLs where it is among them. */
export function targetOf({ url, node }: Migrate, urls: readonly string[], currentUrl: string): Place {
  // A token that went encrypted does not go in clear because somebody said so.
  const safe = url === undefined || !isSecure(currentUrl) || isSecure(url)
  const place = safe ? url : undefined
  return place !== undefined && urls.includes(place)
    ? { endpoint: place, url: undefined, node }
    : { endpoint: undefined, url: place, node }
}

const isSecure = (url: string): boolean => url.startsWith('wss:')

/** As a URL. By hand, because not every platform's `URL` is whole. */
export function urlOf({ endpoint, url, node }: Place): string {
  const base = url ?? endpoint ?? ''
  if (node === undefined || url !== undefined) return base
  return `${base}${base.includes('?') ? '&' : '?'}node=${encodeURIComponent(node)}`
}
