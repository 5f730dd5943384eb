import { sha256 } from '@noble/hashes/sha2.js'
import * as z from 'zod/mini'
import { fromBase64Url, toBase64Url } from './base64url.ts'
import { DispatchDocument } from './dispatch.ts'
import { LIMITS } from './limits.ts'

/** `crit` names extensions that a reader must know (RFC 7515, section 4.1.11): this one knows none. */
export const DispatchHeader = z.object({
  alg: z.literal('EdDSA'),
  kid: z.string().check(z.minLength(1), z.maxLength(LIMITS.idLength)),
  crit: z.optional(z.undefined()),
})

/** A signed document as it travels, taken apart. Nothing in it is to be believed before the signature holds. */
export interface DispatchJws {
  /** Which key signed it: `dispatchKeyId` of its public half. */
  readonly kid: string
  /** What the signature is over. */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
  /** For `readDispatchPayload`, once the signature holds. */
  readonly payload: Uint8Array
}

export type DispatchRead<T> =
  | { readonly ok: true; readonly value: T }
  /** Why not, for people. */
  | { readonly ok: false; readonly message: string }

const SIGNATURE_BYTES = 64
const PUBLIC_KEY_BYTES = 32
const MESSAGE_LENGTH = 200

const encoder = new TextEncoder()

const no = (message: string): { readonly ok: false; readonly message: string } => ({
  ok: false,
  message: message.slice(0, MESSAGE_LENGTH),
})

/** JSON in bytes; undefined when it is none. */
function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** Takes the compact form apart (RFC 7515, section 7.1). White space around it is a mirror's or an editor's. */
export function parseDispatchJws(text: string): DispatchRead<DispatchJws> {
  if (text.length > LIMITS.dispatchBytes) {
    return no(`a dispatch answer has at most ${LIMITS.dispatchBytes} characters, this one has ${text.length}`)
  }
  const parts = text.trim().split('.')
  const [header = '', body = '', mark = ''] = parts
  if (parts.length !== 3) return no('a dispatch answer has three parts between dots (JWS compact form)')
  const headerBytes = fromBase64Url(header)
  const payload = fromBase64Url(body)
  const signature = fromBase64Url(mark)
  if (headerBytes === undefined || payload === undefined || signature === undefined) {
    return no('a part of the dispatch answer is not base64url')
  }
  if (signature.length !== SIGNATURE_BYTES) return no('an Ed25519 signature has 64 bytes')
  const read = DispatchHeader.safeParse(jsonIn(headerBytes))
  if (!read.success) return no(`the header is not that of a dispatch answer: ${firstIssue(read.error)}`)
  const signed = encoder.encode(`${header}.${body}`)
  return { ok: true, value: { kid: read.data.kid, signed, signature, payload } }
}

/** Reads what was signed. Only after the signature was found to hold. */
export function readDispatchPayload(payload: Uint8Array): DispatchRead<DispatchDocument> {
  const read = DispatchDocument.safeParse(jsonIn(payload))
  return read.success
    ? { ok: true, value: read.data }
    : no(`not a dispatch document: ${firstIssue(read.error)}`)
}

const firstIssue = ({ issues }: z.core.$ZodError): string => {
  const { path = [], message = 'invalid' } = issues[0] ?? {}
  return `${path.join('.')}: ${message}`
}

/** What is to be signed, as text: whoever has the key appends `.` and the signature as base64url. */
export function dispatchSigningInput(document: DispatchDocument, kid: string): string {
  const part = (value: object): string => toBase64Url(encoder.encode(JSON.stringify(value)))
  return `${part({ alg: 'EdDSA', kid })}.${part(document)}`
}

/**
 * The `kid` of a public key: its thumbprint (RFC 7638; members of an Ed25519 key by RFC 8037, appendix A.3).
 * @param publicKey 32 bytes as base64url; undefined for anything else
 */
export function dispatchKeyId(publicKey: string): string | undefined {
  if (fromBase64Url(publicKey)?.length !== PUBLIC_KEY_BYTES) return undefined
  const members = `{"crv":"Ed25519","kty":"OKP","x":"${publicKey}"}`
  return toBase64Url(sha256(encoder.encode(members)))
}
