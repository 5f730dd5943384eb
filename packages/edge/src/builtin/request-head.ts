import { MAX_REQUEST_LINE_BYTES, readRequestLine } from './request-line.ts'

/** The longest head of a request that is read: as long as the nodes take. */
export const MAX_HEAD_BYTES = MAX_REQUEST_LINE_BYTES

export type RequestHead =
  | { readonly is: 'incomplete' }
  | {
      readonly is: 'complete'
      /** The one that is asked for, as `?node=NAME`. */
      readonly node: string | undefined
      /** Without effects and without a body: may be said again to another node. */
      readonly repeatable: boolean
      /** It asks for a connection, which is answered at once or not at all. */
      readonly upgrade: boolean
    }
  | { readonly is: 'notHttp' | 'lineTooLong' | 'headTooLong' }

/** RFC 9110, section 9.2.1. */
const SAFE = /^(GET|HEAD|OPTIONS) /
const HAS_BODY = /^(content-length|transfer-encoding)[ \t]*:/im
const UPGRADES = /^upgrade[ \t]*:/im

/** What is known of a connection's first request from the bytes that came so far. */
export function readRequestHead(bytes: Buffer): RequestHead {
  const line = readRequestLine(bytes)
  switch (line.is) {
    case 'incomplete':
      return { is: 'incomplete' }
    case 'notHttp':
      return { is: 'notHttp' }
    case 'tooLong':
      return { is: 'lineTooLong' }
    case 'complete':
      break
  }
  const end = headEnd(bytes)
  if (end === -1 ? bytes.length >= MAX_HEAD_BYTES : end > MAX_HEAD_BYTES) return { is: 'headTooLong' }
  if (end === -1) return { is: 'incomplete' }
  const head = bytes.toString('latin1', 0, end)
  const repeatable = SAFE.test(head) && !HAS_BODY.test(head)
  return { is: 'complete', node: line.node, repeatable, upgrade: repeatable && UPGRADES.test(head) }
}

/** Behind the empty line; lines may end without a carriage return (RFC 9112, section 2.2). */
function headEnd(bytes: Buffer): number {
  const ends = ['\n\r\n', '\n\n'].flatMap((mark) => {
    const at = bytes.indexOf(mark, 0, 'latin1')
    return at === -1 ? [] : [at + mark.length]
  })
  return ends.length === 0 ? -1 : Math.min(...ends)
}
