/** Cheap looks into frames on the wire: a load generator that parses JSON measures itself. */

const ACK = Buffer.from('"t":"ack"')
const REFUSED = Buffer.from('"t":"refused"')
const MESSAGE_KIND = Buffer.from('"kind":"message"')
const CLIENT_ID = Buffer.from('"clientId":"')
const STAMP = Buffer.from('"stamp":')
const UUID_LENGTH = 36

export function countOf(data: Buffer, needle: Buffer): number {
  let count = 0
  for (let at = data.indexOf(needle); at !== -1; at = data.indexOf(needle, at + needle.length)) count++
  return count
}

/** Message events in a WebSocket message, previews in conversation states included. */
export const countMessages = (data: Buffer): number => countOf(data, MESSAGE_KIND)

export const hasText = (data: Buffer, text: string): boolean => data.includes(text)

/** Calls back with the clientId of each acknowledgement. */
export const eachAck = (data: Buffer, found: (clientId: string) => void): void =>
  eachClientId(data, ACK, found)

export const eachRefusal = (data: Buffer, found: (clientId: string) => void): void =>
  eachClientId(data, REFUSED, found)

function eachClientId(data: Buffer, frame: Buffer, found: (clientId: string) => void): void {
  for (let at = data.indexOf(frame); at !== -1; at = data.indexOf(frame, at + frame.length)) {
    const start = data.indexOf(CLIENT_ID, at)
    if (start === -1) return
    found(data.toString('latin1', start + CLIENT_ID.length, start + CLIENT_ID.length + UUID_LENGTH))
  }
}

/** The `stamp` of the first event in it that has one: when it was sent, milliseconds of the shared wall clock. */
export function firstStamp(data: Buffer): number | undefined {
  const at = data.indexOf(STAMP)
  if (at === -1) return undefined
  const stamp = parseFloat(data.toString('latin1', at + STAMP.length, at + STAMP.length + 20))
  return Number.isNaN(stamp) ? undefined : stamp
}

const CODE = Buffer.from('"code":"')
const RETRY_AFTER = Buffer.from('"retryAfterMs":')
const NEXT_FRAME = Buffer.from('{"t":"')

/** The first refusal in a message from `from` on, with what it says about coming back, and where it ends. */
export function refusalFrom(
  data: Buffer,
  from: number,
): { clientId: string; code: string; retryAfterMs: number | undefined; end: number } | undefined {
  const at = data.indexOf(REFUSED, from)
  if (at === -1) return undefined
  const next = data.indexOf(NEXT_FRAME, at + REFUSED.length)
  const end = next === -1 ? data.length : next
  const frame = data.toString('latin1', at, end)
  const id = frame.indexOf('"clientId":"') + CLIENT_ID.length
  const code = frame.indexOf('"code":"') + CODE.length
  const retry = frame.indexOf('"retryAfterMs":')
  const retryAfterMs = retry === -1 ? undefined : parseFloat(frame.slice(retry + RETRY_AFTER.length))
  return {
    clientId: frame.slice(id, id + UUID_LENGTH),
    code: frame.slice(code, frame.indexOf('"', code)),
    retryAfterMs,
    end,
  }
}
