/** The longest first line that is read; the nodes take no longer ones. */
export const MAX_REQUEST_LINE_BYTES = 16_384

export type RequestLine =
  | { readonly is: 'incomplete' }
  | { readonly is: 'complete'; readonly target: string }
  | { readonly is: 'tooLong' }
  | { readonly is: 'notHttp' }

const LINE_FEED = 0x0a
const LINE = /^[A-Z]{1,16} (\S+) HTTP\/1\.[01]\r?$/
const BEGINNING = /^[A-Z]{1,16}( |$)/

/** What is known of a connection's first request from the bytes that came so far. Nothing more of it is read. */
export function readRequestLine(bytes: Buffer): RequestLine {
  const end = bytes.indexOf(LINE_FEED)
  if (end >= MAX_REQUEST_LINE_BYTES) return { is: 'tooLong' }
  if (end === -1) {
    // Told at once where it can be: a client that speaks TLS would wait for an answer that never comes.
    const begun = bytes.toString('latin1', 0, 17)
    if (begun !== '' && !BEGINNING.test(begun)) return { is: 'notHttp' }
    return bytes.length >= MAX_REQUEST_LINE_BYTES ? { is: 'tooLong' } : { is: 'incomplete' }
  }
  const target = LINE.exec(bytes.toString('latin1', 0, end))?.[1]
  if (target === undefined) return { is: 'notHttp' }
  return { is: 'complete', target }
}

/** The node that is asked for, as `?node=NAME`. */
export function nodeIn(target: string): string | undefined {
  const query = target.indexOf('?')
  const name = query === -1 ? null : new URLSearchParams(target.slice(query + 1)).get('node')
  return name === null || name === '' ? undefined : name
}
