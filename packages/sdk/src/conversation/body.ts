import { Body, CreateBody, inspectBody, MemberBody, TitleBody, type SendableKind } from '@skein/protocol'
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
  const shaped = Body.safeParse(value)
  if (!shaped.success) throw fix('invalid', 'a body is a JSON object: pass { text } or the like')
  const parsed = SCHEMAS[kind].safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw fix('invalid', `${kind}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`)
  }
  const fault = inspectBody(shaped.data, true)
  if (fault !== undefined) throw fix(fault.code === 'tooLarge' ? 'bodyTooLarge' : fault.code, fault.message)
  return text
}
