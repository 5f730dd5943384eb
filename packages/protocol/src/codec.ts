import type { ErrorCode } from './codes.ts'
import { inspectBody, mayBeUnstorable } from './body.ts'
import { CreateBody, MemberBody, TitleBody } from './event.ts'
import { ClientFrame, ServerFrame } from './frames.ts'
import { plainSend, type Send } from './frames/send.ts'
import { DIRECT_PREFIX } from './conversation-id.ts'
import { LIMITS } from './limits.ts'
import { ClientId, ConversationId, RequestId } from './values.ts'

type FaultCode = Extract<ErrorCode, 'malformed' | 'unknownFrame' | 'tooLarge' | 'unstorable'>

interface Fault {
  readonly ok: false
  readonly code: FaultCode
  readonly message: string
  /** What the answer can refer to, where the broken frame still told. Each is valid by itself. */
  readonly requestId?: string
  readonly conversation?: string
  readonly clientId?: string
}

/** One frame of a message, read: either good, or why not. A bad one does not spoil its neighbours. */
export type Decoded<F> = { readonly ok: true; readonly frame: F } | Fault

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}
type Parsed<F> = { success: true; data: F } | { success: false; error: { issues: readonly Issue[] } }
interface Schema<F> {
  safeParse(value: unknown): Parsed<F>
}

/** `t` → the frame's own schema: no union is searched. */
const CLIENT_SCHEMAS: ReadonlyMap<string, Schema<ClientFrame>> = new Map(
  ClientFrame.def.options.map((option): [string, Schema<ClientFrame>] => [
    String(option.shape.t.def.values[0]),
    option,
  ]),
)
const SERVER_SCHEMAS: ReadonlyMap<string, Schema<ServerFrame>> = new Map(
  ServerFrame.def.options.map((option): [string, Schema<ServerFrame>] => [
    String(option.shape.t.def.values[0]),
    option,
  ]),
)

/** A path holds keys of the sender's; what is told about a frame stays short. */
const FAULT_MESSAGE_LENGTH = 200

function describeIssue(issues: readonly Issue[]): string {
  const issue = issues[0]
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`
}

function fault(code: FaultCode, message: string, fields: Record<string, unknown> = {}): Fault {
  const requestId = RequestId.safeParse(fields['requestId'])
  const conversation = ConversationId.safeParse(fields['conversation'])
  const clientId = ClientId.safeParse(fields['clientId'])
  return {
    ok: false,
    code,
    message: message.slice(0, FAULT_MESSAGE_LENGTH),
    ...(requestId.success && { requestId: requestId.data }),
    ...(conversation.success && { conversation: conversation.data }),
    ...(clientId.success && { clientId: clientId.data }),
  }
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function decodeOne<F>(value: unknown, schemas: ReadonlyMap<string, Schema<F>>): Decoded<F> {
  if (!isFields(value)) return fault('malformed', 'a frame is a JSON object with a "t"')
  const type = value['t']
  const schema = typeof type === 'string' ? schemas.get(type) : undefined
  if (schema === undefined) {
    const name = typeof type === 'string' ? JSON.stringify(type.slice(0, 40)) : 'none'
    return fault('unknownFrame', `unknown frame type ${name}`, value)
  }
  const result = schema.safeParse(value)
  if (result.success) return { ok: true, frame: result.data }
  return fault('malformed', `${String(type)}: ${describeIssue(result.error.issues)}`, value)
}

/** The frames of a message, or why it holds none. */
function framesOf(text: string, maxFrames: number): readonly unknown[] | Fault {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fault('malformed', 'a message is one JSON frame or an array of frames')
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length <= maxFrames) return values
  return fault('tooLarge', `at most ${maxFrames} frames in one message, got ${values.length}`)
}

/** What a kind asks of its body. Members that it does not know are kept: a newer reader may. */
function kindFault(send: Send): string | undefined {
  switch (send.kind) {
    case 'message':
      return undefined
    case 'create': {
      const body = CreateBody.safeParse(send.body)
      if (!body.success) return describeIssue(body.error.issues)
      const direct = send.conversation.startsWith(DIRECT_PREFIX)
      return direct === (body.data.type === 'direct')
        ? undefined
        : `ids that begin with ${DIRECT_PREFIX} are those of direct conversations`
    }
    case 'member':
    case 'title': {
      const body = (send.kind === 'member' ? MemberBody : TitleBody).safeParse(send.body)
      return body.success ? undefined : describeIssue(body.error.issues)
    }
  }
}

function reviewSend(send: Send, mayBeBad: boolean): Decoded<ClientFrame> {
  const bad = inspectBody(send.body, mayBeBad)
  if (bad !== undefined) return fault(bad.code, bad.message, send)
  const wrong = kindFault(send)
  return wrong === undefined
    ? { ok: true, frame: send }
    : fault('malformed', `send: ${send.kind} body: ${wrong}`, send)
}

/** Reads what a client sent: one frame or an array of them. Bodies of sends are checked for all but authority. */
export function decodeClientMessage(text: string): Decoded<ClientFrame>[] {
  const values = framesOf(text, LIMITS.framesPerMessage)
  if ('ok' in values) return [values]
  const mayBeBad = mayBeUnstorable(text)
  return values.map((value) => decodeClientFrame(value, mayBeBad))
}

function decodeClientFrame(value: unknown, mayBeBad: boolean): Decoded<ClientFrame> {
  const send = isFields(value) ? plainSend(value) : undefined
  if (send !== undefined) return reviewSend(send, mayBeBad)
  const decoded = decodeOne(value, CLIENT_SCHEMAS)
  return decoded.ok && decoded.frame.t === 'send' ? reviewSend(decoded.frame, mayBeBad) : decoded
}

/** Reads what a server sent. Unknown frame types are for a newer client: skip them. */
export function decodeServerMessage(text: string): Decoded<ServerFrame>[] {
  const values = framesOf(text, Number.MAX_SAFE_INTEGER)
  return 'ok' in values ? [values] : values.map((value) => decodeOne(value, SERVER_SCHEMAS))
}

export const encodeFrame = (frame: ClientFrame | ServerFrame): string => JSON.stringify(frame)

/** Several encoded frames as one message. */
export const joinEncoded = (frames: readonly string[]): string =>
  frames.length === 1 ? (frames[0] ?? '[]') : `[${frames.join(',')}]`
