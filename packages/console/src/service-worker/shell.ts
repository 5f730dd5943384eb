/** What a request is to the service worker. */
export type Handling = 'page' | 'asset' | 'network'

/** Assets carry a hash in their name and never change; the page does; the API is none of its business. */
export function handlingOf(
  request: { readonly method: string; readonly mode: string; readonly url: string },
  scope: string,
): Handling {
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return 'network'
  const path = request.url.slice(scope.length).split(/[?#]/, 1)[0] ?? ''
  if (path.startsWith('assets/') || path === 'icon.svg') return 'asset'
  return request.mode === 'navigate' && (path === '' || path === 'index.html') ? 'page' : 'network'
}

/** The assets that a page names, as addresses relative to it. */
export const assetsOf = (html: string): readonly string[] =>
  Array.from(html.matchAll(/(?:src|href)="\.\/((?:assets\/|icon\.svg)[^"]*)"/g), (match) => match[1] ?? '')
