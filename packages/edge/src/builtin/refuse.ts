import type { Socket } from 'node:net'
import type { Timers } from '@skein/core'
import type { RequestHead } from './request-head.ts'

/** Why a client is turned away by the edge itself. `maxConnections` has no words: it is not even accepted. */
export type RefusalReason =
  | 'maxConnections'
  | 'maxPerAddress'
  | 'slowHead'
  | Exclude<RequestHead['is'], 'incomplete' | 'complete'>
  | 'noNode'
  | 'noAnswer'

interface Refusal {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly retryAfterSeconds?: number
}

const REFUSALS: Readonly<Record<Exclude<RefusalReason, 'maxConnections'>, Refusal>> = {
  notHttp: {
    status: 400,
    title: 'Bad Request',
    detail: 'This port speaks HTTP and WebSocket, without TLS.',
  },
  slowHead: { status: 408, title: 'Request Timeout', detail: 'Nothing was asked, or not to its end.' },
  lineTooLong: { status: 414, title: 'URI Too Long', detail: 'The address is too long.' },
  headTooLong: {
    status: 431,
    title: 'Request Header Fields Too Large',
    detail: 'The head of the request is too long.',
  },
  maxPerAddress: {
    status: 429,
    title: 'Too Many Requests',
    detail: 'This address has all the connections that one may have; close some, or come later.',
    retryAfterSeconds: 5,
  },
  noNode: {
    status: 503,
    title: 'Service Unavailable',
    detail: 'No node answers at this moment.',
    retryAfterSeconds: 1,
  },
  noAnswer: {
    status: 503,
    title: 'Service Unavailable',
    detail: 'Nodes took the request and did not answer it.',
    retryAfterSeconds: 1,
  },
}

/** How long a refused client has to read why. */
const REFUSAL_MS = 1_000

/** Says why, and lets the client read it: a reset would take the words away. */
export function refuse(client: Socket, reason: keyof typeof REFUSALS, timers: Timers): void {
  const { status, title, detail, retryAfterSeconds } = REFUSALS[reason]
  const body = JSON.stringify({ type: 'about:blank', title, status, detail })
  const retry =
    retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`, 'Cache-Control: no-store']
  const lines = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...retry,
  ]
  client.resume()
  client.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  const cancel = timers.after(REFUSAL_MS, () => client.destroy())
  client.once('close', cancel)
}
