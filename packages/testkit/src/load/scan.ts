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
