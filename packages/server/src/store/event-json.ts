import type { LogRecord } from './store.ts'

/**
 * `JSON.stringify(record.event)`. For a message whose body is at hand as text at a third of the cost, and in
 * one piece of memory: its other members hold nothing that JSON escapes.
 */
export function eventJson({ event, bodyText }: LogRecord): string {
  if (bodyText === undefined || event.kind !== 'message') return JSON.stringify(event)
  const { origin, seq, hlc, sender, clientId, count, at } = event
  return [
    '{"origin":"',
    origin,
    '","seq":',
    seq,
    ',"hlc":',
    hlc,
    ',"sender":"',
    sender,
    '","clientId":"',
    clientId,
    '","kind":"message","body":',
    bodyText,
    ',"count":',
    count,
    ',"at":',
    at,
    '}',
  ].join('')
}
