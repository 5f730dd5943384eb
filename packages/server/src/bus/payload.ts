import type { Event } from '@skein/protocol'
import { eventJson } from '../store/event-json.ts'
import type { LogRecord } from '../store/store.ts'
import type { BusTarget, Hint, MessageBody, NodeMessage } from './bus.ts'

/** An event above this travels as its position, which the receiver reads: most messages are far smaller. */
export const MAX_HINTED_EVENT_BYTES = 2_048
/** Bound of a message between nodes: with its envelope it fits one NOTIFY. */
export const MAX_MESSAGE_BYTES = 6_000

/** What a payload says, as it travels: a letter, who says it, and the rest. */
export type Payload =
  | { readonly kind: 'hints'; readonly from: string; readonly hints: readonly Hint[] }
  | { readonly kind: 'message'; readonly message: NodeMessage }
  | { readonly kind: 'beat'; readonly from: string; readonly link: string; readonly beat: number }

/** The hint of a record, encoded: an array, since names would double a position's size. */
export function encodeHint(record: LogRecord): string {
  const { app, conversation, lane, laneOffset, event } = record
  const position = JSON.stringify([app, conversation, lane, laneOffset, event.origin, event.seq])
  const json = eventJson(record)
  return Buffer.byteLength(json) > MAX_HINTED_EVENT_BYTES ? position : `${position.slice(0, -1)},${json}]`
}

/** Joins encoded hints, in order, into as few payloads as the bound allows. */
export function packHints(from: string, hints: readonly string[], maxPayloadBytes: number): string[] {
  const head = `["h",${JSON.stringify(from)},[`
  const roomBytes = maxPayloadBytes - Buffer.byteLength(head) - ']]'.length
  const payloads: string[] = []
  let run: string[] = []
  let runBytes = 0
  const close = (): void => {
    if (run.length > 0) payloads.push(`${head}${run.join(',')}]]`)
    run = []
    runBytes = 0
  }
  for (const hint of hints) {
    const bytes = Buffer.byteLength(hint) + 1
    if (runBytes + bytes > roomBytes + 1) close()
    run.push(hint)
    runBytes += bytes
  }
  close()
  return payloads
}

export const encodeMessage = (from: string, target: BusTarget, body: MessageBody): string =>
  JSON.stringify(['m', from, encodeTarget(target), body])

export const encodeBeat = (from: string, link: string, beat: number): string =>
  JSON.stringify(['b', from, link, beat])

/** Undefined for what this version does not understand. The bus is trusted with contents, not with shapes. */
export function decodePayload(text: string): Payload | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isList(value)) return undefined
  const [letter, from, third, fourth] = value
  if (typeof from !== 'string') return undefined
  if (letter === 'h') return decodeHints(from, third)
  if (letter === 'm') return decodeMessage(from, third, fourth)
  if (letter === 'b' && typeof third === 'string' && typeof fourth === 'number')
    return { kind: 'beat', from, link: third, beat: fourth }
  return undefined
}

function decodeHints(from: string, list: unknown): Payload | undefined {
  if (!isList(list)) return undefined
  const hints: Hint[] = []
  for (const item of list) {
    const hint = decodeHint(item)
    if (hint === undefined) return undefined
    hints.push(hint)
  }
  return { kind: 'hints', from, hints }
}

function decodeHint(item: unknown): Hint | undefined {
  if (!isList(item)) return undefined
  const [app, conversation, lane, laneOffset, origin, seq, event] = item
  if (typeof app !== 'string' || typeof conversation !== 'string' || typeof origin !== 'string')
    return undefined
  if (!isCount(lane) || !isCount(laneOffset) || !isCount(seq)) return undefined
  const position = { app, conversation, lane, laneOffset, origin, seq }
  if (event === undefined) return position
  return isEventAt(event, origin, seq) ? { ...position, event } : undefined
}

function decodeMessage(from: string, target: unknown, body: unknown): Payload | undefined {
  const decoded = decodeTarget(target)
  if (decoded === undefined || !isBody(body)) return undefined
  return { kind: 'message', message: { from, target: decoded, body } }
}

const encodeTarget = (target: BusTarget): readonly string[] => {
  switch (target.to) {
    case 'all':
      return []
    case 'node':
      return [target.node]
    case 'conversation':
      return [target.app, target.conversation]
  }
}

function decodeTarget(target: unknown): BusTarget | undefined {
  if (!isList(target)) return undefined
  const [first, second] = target
  if (first === undefined) return { to: 'all' }
  if (typeof first !== 'string') return undefined
  if (second === undefined) return { to: 'node', node: first }
  return typeof second === 'string' ? { to: 'conversation', app: first, conversation: second } : undefined
}

/** `Array.isArray` would make it `any[]`. */
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const isBody = (value: unknown): value is MessageBody =>
  typeof value === 'object' && value !== null && !isList(value)

/** Written by a node of this cluster from what the store gave it: only that it is the event of this position is checked. */
const isEventAt = (value: unknown, origin: string, seq: number): value is Event =>
  isBody(value) && value['origin'] === origin && value['seq'] === seq && typeof value['kind'] === 'string'
