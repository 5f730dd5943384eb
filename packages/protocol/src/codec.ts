import { LIMITS } from './limits.ts'
import { ClientFrame, ServerFrame } from './frames.ts'
import type { ErrorCode } from './codes.ts'

/** One frame of a message, read: either good, or why not. A bad one does not spoil its neighbours. */
export type Decoded<F> =
  | { readonly ok: true; readonly frame: F }
  | {
      readonly ok: false
      readonly code: Extract<ErrorCode, 'malformed' | 'unknownFrame' | 'tooLarge' | 'unstorable'>
      readonly message: string
      /** What the answer can refer to, where the broken frame still told. */
      readonly requestId?: string
      readonly conversation?: string
      readonly clientId?: string
    }

const CLIENT_TYPES: ReadonlySet<string> = new Set(ClientFrame.def.options.map((option) => String(option.shape.t.def.values[0])))
const SERVER_TYPES: ReadonlySet<string> = new Set(ServerFrame.def.options.map((option) => String(option.shape.t.def.values[0])))

type Parsed = { success: true; data: unknown } | { success: false; error: { issues: readonly Issue[] } }
type Issue = { readonly path: readonly PropertyKey[]; readonly message: string }

function decodeOne<F>(value: unknown, types: ReadonlySet<string>, parse: (value: unknown) => Parsed): Decoded<F> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, code: 'malformed', message: 'a frame is a JSON object with a "t"' }
  }
  const fields = value as Record<string, unknown>
  const reference = {
    ...(typeof fields['requestId'] === 'string' && { requestId: fields['requestId'].slice(0, LIMITS.idLength) }),
    ...(typeof fields['conversation'] === 'string' && { conversation: fields['conversation'].slice(0, LIMITS.idLength) }),
    ...(typeof fields['clientId'] === 'string' && { clientId: fields['clientId'].slice(0, LIMITS.idLength) }),
  }
  if (typeof fields['t'] !== 'string' || !types.has(fields['t'])) {
    const name = JSON.stringify(fields['t'])?.slice(0, 40) ?? 'none'
    return { ok: false, code: 'unknownFrame', message: `unknown frame type ${name}`, ...reference }
  }
  const result = parse(value)
  if (result.success) return { ok: true, frame: result.data as F }
  const issue = result.error.issues[0]
  const where = issue?.path.join('.') ?? ''
  return { ok: false, code: 'malformed', message: `${fields['t']}: ${where}: ${issue?.message ?? 'invalid'}`, ...reference }
}

function decode<F>(text: string, types: ReadonlySet<string>, parse: (value: unknown) => Parsed, maxFrames: number): Decoded<F>[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return [{ ok: false, code: 'malformed', message: 'a message is one JSON frame or an array of frames' }]
  }
  if (!Array.isArray(value)) return [decodeOne<F>(value, types, parse)]
  if (value.length > maxFrames) {
    return [{ ok: false, code: 'tooLarge', message: `at most ${maxFrames} frames in one message, got ${value.length}` }]
  }
  return value.map((item) => decodeOne<F>(item, types, parse))
}

/** Reads what a client sent: one frame or an array of them. */
export const decodeClientMessage = (text: string): Decoded<ClientFrame>[] =>
  decode<ClientFrame>(text, CLIENT_TYPES, (value) => ClientFrame.safeParse(value), LIMITS.framesPerMessage)

/** Reads what a server sent. Unknown frame types are for a newer client: skip them. */
export const decodeServerMessage = (text: string): Decoded<ServerFrame>[] =>
  decode<ServerFrame>(text, SERVER_TYPES, (value) => ServerFrame.safeParse(value), Number.MAX_SAFE_INTEGER)

export const encodeFrame = (frame: ClientFrame | ServerFrame): string => JSON.stringify(frame)

/** Several encoded frames as one message. */
export const joinEncoded = (frames: readonly string[]): string =>
  frames.length === 1 ? (frames[0] ?? '[]') : `[${frames.join(',')}]`

const encoder = new TextEncoder()

/** UTF-8 length of a body's JSON. */
export const bodyBytes = (body: unknown): number => encoder.encode(JSON.stringify(body)).length

/** With the `u` flag a surrogate matches only when its other half is missing. */
const UNSTORABLE = /\u0000|\p{Surrogate}/u

/** PostgreSQL stores neither NUL nor half of a surrogate pair; a value with one is refused before it gets there. */
export const isStorableText = (text: string): boolean => !UNSTORABLE.test(text)

/** Checks every string in a JSON value, keys included. */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return isStorableText(value)
  if (Array.isArray(value)) return value.every(isStorable)
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).every(([key, inner]) => isStorableText(key) && isStorable(inner))
  }
  return true
}
