import {
  dispatchAge,
  dispatchKeyId,
  fromBase64Url,
  LIMITS,
  parseDispatchJws,
  readDispatchPayload,
  type DispatchDocument,
} from '@skein/protocol'
import { messageOf } from '../errors.ts'
import type { VerifyEd25519 } from './verify.ts'

/** A list that was found to be good, as it travelled and as it is read. */
export interface DispatchList {
  readonly text: string
  readonly document: DispatchDocument
}

export interface Trust {
  readonly keys: readonly string[]
  readonly verify: VerifyEd25519
}

export type Examined =
  | { readonly ok: true; readonly list: DispatchList }
  | { readonly ok: false; readonly reason: RefusalReason; readonly message: string }

export type RefusalReason =
  /** Not a signed document at all, or one whose content is against the rules. */
  | 'malformed'
  | 'unknownKey'
  | 'badSignature'
  | 'expired'
  /** Issued in what is the future by the clock of this device. */
  | 'ahead'
  /** Issued before the one that is held. */
  | 'older'

const no = (reason: RefusalReason, message: string): Examined => ({ ok: false, reason, message })

/**
 * Whether a list may be used (SPEC, DSP8 to DSP10). Nothing in it is read before its signature holds.
 * @param nowMs wall clock
 */
export async function examine(
  text: string,
  trust: Trust,
  held: DispatchDocument | undefined,
  nowMs: number,
): Promise<Examined> {
  const jws = parseDispatchJws(text)
  if (!jws.ok) return no('malformed', jws.message)
  const { kid, signed, signature, payload } = jws.value
  const key = trust.keys.find((known) => dispatchKeyId(known) === kid)
  const publicKey = key === undefined ? undefined : fromBase64Url(key)
  if (publicKey === undefined) {
    return no('unknownKey', `signed by the key ${kid}, which is none of dispatch.keys`)
  }
  const flaw = await signatureFlaw(trust.verify, signature, signed, publicKey)
  if (flaw !== undefined) return no('badSignature', flaw)
  const read = readDispatchPayload(payload)
  if (!read.ok) return no('malformed', read.message)
  return judge({ text, document: read.value }, held, nowMs)
}

async function signatureFlaw(
  verify: VerifyEd25519,
  ...[signature, signed, key]: Parameters<VerifyEd25519>
): Promise<string | undefined> {
  try {
    return (await verify(signature, signed, key)) ? undefined : 'the signature does not hold'
  } catch (error) {
    return `the signature cannot be checked here (${messageOf(error)}): pass dispatch.verify`
  }
}

/** By this device's clock it is from a future that no clock which is right is in: one of the two is wrong. */
export const isBeyondSkew = ({ issuedAt }: DispatchDocument, nowMs: number): boolean =>
  issuedAt - nowMs > LIMITS.dispatchSkewMs

function judge(list: DispatchList, held: DispatchDocument | undefined, nowMs: number): Examined {
  const { issuedAt } = list.document
  const age = dispatchAge(list.document, nowMs)
  const awayMs = Math.abs(nowMs - issuedAt)
  if (age === 'expired') return no('expired', `issued ${awayMs} ms ago, longer than it may be used`)
  if (age === 'ahead') return no('ahead', `issued ${awayMs} ms from now: one of the two clocks is wrong`)
  const isOutOfOrder = held !== undefined && issuedAt < held.issuedAt
  if (isOutOfOrder && (!isBeyondSkew(held, nowMs) || isBeyondSkew(list.document, nowMs))) {
    return no('older', `issued ${held.issuedAt - issuedAt} ms before the one that is held`)
  }
  return { ok: true, list }
}
