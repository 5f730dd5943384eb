import { MAX_REQUEST_LINE_BYTES, nodeIn, readRequestLine } from './request-line.ts'

/** The longest head of a request that is read: as long as the nodes take. */
export const MAX_HEAD_BYTES = MAX_REQUEST_LINE_BYTES

export type RequestHead =
  | { readonly is: 'incomplete' }
  | {
      readonly is: 'complete'
      /** The one that is asked for, as `?node=NAME`. */
      readonly node: string | undefined
      /** Without effects, without a body, and nothing behind it that may have effects: may be said to another node too. */
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
  const isSafe = SAFE.test(head) && !HAS_BODY.test(head)
  const upgrade = isSafe && UPGRADES.test(head)
  // Behind an upgrade come frames, which the protocol lets a client say twice; else the next request, a POST perhaps.
  const repeatable = upgrade || (isSafe && end === bytes.length)
  return { is: 'complete', node: nodeIn(line.target), repeatable, upgrade }
}

/** Behind the empty line; lines may end without a carriage return (RFC 9112, section 2.2). */
function headEnd(bytes: Buffer): number {
  const ends = ['\n\r\n', '\n\n'].flatMap((mark) => {
    const at = bytes.indexOf(mark, 0, 'latin1')
    return at === -1 ? [] : [at + mark.length]
  })
  return ends.length === 0 ? -1 : Math.min(...ends)
}
