import { LIMITS } from '@skein/protocol'

/** The names by which a send is answered. */
export interface SendNames {
  readonly conversation: string
  readonly clientId: string
}

/**
 * As every client of ours writes it. What is written otherwise is decoded first, whatever that costs. Both
 * patterns hold nothing that JSON would escape, and no more than SPEC allows.
 */
const CONVERSATION = '[A-Za-z0-9_][\\w.@:+~=-]{0,127}'
const CLIENT_ID = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
const SEND = new RegExp(`^\\{"t":"send","conversation":"(${CONVERSATION})","clientId":"(${CLIENT_ID})"`)
const ONLY_CONVERSATION = new RegExp(`^${CONVERSATION}$`)
const ONLY_CLIENT_ID = new RegExp(`^${CLIENT_ID}$`)
const SENDS_AT_ONCE = '[{"t":"send",'

/**
 * Who is named by a message that is one `send`, without parsing it, or nothing but sends, parsed but not
 * looked into. Undefined: it may be anything.
 */
export function peekSends(text: string): readonly SendNames[] | undefined {
  const match = SEND.exec(text)
  const conversation = match?.[1]
  const clientId = match?.[2]
  if (conversation !== undefined && clientId !== undefined) return [{ conversation, clientId }]
  return text.startsWith(SENDS_AT_ONCE) ? namesIn(text) : undefined
}

function namesIn(text: string): readonly SendNames[] | undefined {
  try {
    const frames: unknown = JSON.parse(text)
    if (!Array.isArray(frames) || frames.length > LIMITS.framesPerMessage) return undefined
    const sends = frames.filter(isSend)
    return sends.length === frames.length ? sends : undefined
  } catch {
    return undefined
  }
}

function isSend(frame: unknown): frame is SendNames {
  if (typeof frame !== 'object' || frame === null) return false
  const { t, conversation, clientId } = frame as Record<string, unknown>
  return (
    t === 'send' &&
    typeof conversation === 'string' &&
    typeof clientId === 'string' &&
    ONLY_CONVERSATION.test(conversation) &&
    ONLY_CLIENT_ID.test(clientId)
  )
}
