import { assetsOf, handlingOf } from './shell.ts'

/** Keeps the page, so that it can be loaded while the server is away. Messages are the SDK's business. */

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Fetching extends Extendable {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
/** The part of ServiceWorkerGlobalScope in use; TypeScript's own types exclude those of the DOM. */
declare const self: {
  readonly registration: { readonly scope: string }
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(name: 'install' | 'activate', listener: (event: Extendable) => void): void
  addEventListener(name: 'fetch', listener: (event: Fetching) => void): void
}

const CACHE = 'skein-chat-1'
const { scope } = self.registration

/** Keeps this version of the page with all that it names, and lets go of what it does not. */
async function keep(page: Response): Promise<void> {
  const cache = await caches.open(CACHE)
  const wanted = assetsOf(await page.clone().text()).map((path) => scope + path)
  const missing = []
  for (const url of wanted) if ((await cache.match(url)) === undefined) missing.push(url)
  await cache.addAll(missing)
  await cache.put(scope, page)
  for (const { url } of await cache.keys())
    if (url !== scope && !wanted.includes(url)) await cache.delete(url)
}

async function pageFirstFromNetwork(event: Fetching): Promise<Response> {
  try {
    const response = await fetch(event.request)
    // A proxy that stands while the node does not answers 502: the kept page is better.
    if (response.status >= 500) return (await caches.match(scope)) ?? response
    if (response.ok) event.waitUntil(keep(response.clone()).catch(() => undefined))
    return response
  } catch (error) {
    const kept = await caches.match(scope)
    if (kept !== undefined) return kept
    throw error
  }
}

const assetFirstFromCache = async (request: Request): Promise<Response> =>
  (await caches.match(request.url)) ?? fetch(request)

self.addEventListener('install', (event) =>
  event.waitUntil(
    fetch(scope)
      .then(keep)
      .then(() => self.skipWaiting()),
  ),
)
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const handling = handlingOf(event.request, scope)
  if (handling === 'page') event.respondWith(pageFirstFromNetwork(event))
  if (handling === 'asset') event.respondWith(assetFirstFromCache(event.request))
})
