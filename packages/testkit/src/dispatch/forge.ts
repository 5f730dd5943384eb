import { generateKeyPairSync, sign } from 'node:crypto'
import {
  LIMITS,
  dispatchSigningInput,
  parseDispatchJws,
  readDispatchPayload,
  type DispatchDocument,
} from '@skein/protocol'
import { DispatchSigner } from '@skein/server'

/** Somebody whom no client believes. */
const strangersKey = generateKeyPairSync('ed25519').privateKey
const stranger = new DispatchSigner(strangersKey)

/** What can be wrong with a list that is well formed as such. */
export type Forgery =
  /** Signed by a key that clients were not given, and says so. */
  | 'anotherKey'
  /** The same under the `kid` of the key that clients were given. */
  | 'anotherKeyUnderTheKnownKid'
  /** Rightly signed once; then the payload was exchanged. */
  | 'payloadExchanged'
  /** Unsigned, `alg: none`. */
  | 'unsigned'
  /** Rightly signed, and past its use. */
  | 'expired'
  /** Rightly signed, and older than one that clients have seen; of use by itself. */
  | 'rolledBack'
  /** Rightly signed, and issued further ahead than clocks may differ. */
  | 'ahead'
  /** Rightly signed, with a weight that makes no sense. */
  | 'nonsenseWeight'

export const FORGERIES: readonly Forgery[] = [
  'anotherKey',
  'anotherKeyUnderTheKnownKid',
  'payloadExchanged',
  'unsigned',
  'expired',
  'rolledBack',
  'ahead',
  'nonsenseWeight',
]

/** How much older than the true one a list that is rolled back is. */
const ROLLED_BACK_MS = 1_000
/** Beyond `LIMITS.dispatchAheadMs` by so much. */
const FURTHER_AHEAD_MS = 60_000

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/**
 * A list that says about the same as `document`, and must not be believed by whoever holds that one.
 * @param signer of those whom clients believe; `document` is fresh and of them
 */
export function forged(forgery: Forgery, document: DispatchDocument, signer: DispatchSigner): string {
  const { issuedAt, ttlMs, staleMs } = document
  const [header = '', payload = '', signature = ''] = signer.sign(document).split('.')
  switch (forgery) {
    case 'anotherKey':
      return stranger.sign(document)
    case 'anotherKeyUnderTheKnownKid':
      return underKid(document, signer.kid)
    case 'payloadExchanged':
      return [header, base64url(JSON.stringify({ ...document, issuedAt: issuedAt + 1 })), signature].join('.')
    case 'unsigned':
      return [base64url(JSON.stringify({ alg: 'none', kid: signer.kid })), payload, ''].join('.')
    case 'expired':
      return signer.sign({ ...document, issuedAt: issuedAt - ttlMs - staleMs - ROLLED_BACK_MS })
    case 'rolledBack':
      return signer.sign({ ...document, issuedAt: issuedAt - ROLLED_BACK_MS })
    case 'ahead':
      return signer.sign({ ...document, issuedAt: issuedAt + LIMITS.dispatchAheadMs + FURTHER_AHEAD_MS })
    case 'nonsenseWeight':
      return signer.sign({
        ...document,
        endpoints: document.endpoints.map((endpoint) => ({ ...endpoint, weight: -endpoint.weight })),
      })
  }
}

/** Signed by the stranger, who claims to be the one with this `kid`. */
function underKid(document: DispatchDocument, kid: string): string {
  const input = dispatchSigningInput(document, kid)
  return `${input}.${sign(null, Buffer.from(input), strangersKey).toString('base64url')}`
}

/** What a text says, whether or not it may be believed; undefined when it is no list. */
export function saidBy(text: string): DispatchDocument | undefined {
  const jws = parseDispatchJws(text)
  const document = jws.ok ? readDispatchPayload(jws.value.payload) : jws
  return document.ok ? document.value : undefined
}
