import {
  Body,
  bodyBytes,
  CreateBody,
  isStorable,
  LIMITS,
  MemberBody,
  TitleBody,
  type SendableKind,
} from '@skein/protocol'
import { messageOf, SdkError } from '../errors.ts'

const SCHEMAS = { message: Body, create: CreateBody, member: MemberBody, title: TitleBody }

const fix = (reason: 'bodyTooLarge' | 'unstorable' | 'invalid', message: string): SdkError =>
  new SdkError(reason, message, { remedy: 'fix' })

/** The JSON text of a body that the server would take; throws and says what to do otherwise. */
export function encodeBody(kind: SendableKind, body: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(body)
  } catch (error) {
    throw fix('invalid', `the body is not JSON: ${messageOf(error)}`)
  }
  if (text === undefined) throw fix('invalid', 'the body is not JSON: pass an object')
  // What JSON made of it counts: dates became strings, undefined fields are gone.
  const value: unknown = JSON.parse(text)
  const parsed = SCHEMAS[kind].safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw fix('invalid', `${kind}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`)
  }
  const bytes = bodyBytes(value)
  if (bytes > LIMITS.bodyBytes) {
    const advice = 'split it, or send a link to where the rest is stored'
    throw fix(
      'bodyTooLarge',
      `the body has ${bytes} bytes of JSON, at most ${LIMITS.bodyBytes} are taken: ${advice}`,
    )
  }
  if (!isStorable(value)) {
    throw fix(
      'unstorable',
      'the body has a NUL or half of a surrogate pair: clean the text first (String.toWellFormed)',
    )
  }
  return text
}
