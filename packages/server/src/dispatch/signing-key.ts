import { createPrivateKey, createPublicKey, hkdfSync, sign, type KeyObject } from 'node:crypto'
import { assert } from '@skein/core'
import { dispatchKeyId, dispatchSigningInput, type DispatchDocument } from '@skein/protocol'

const SEED_BYTES = 32
/** What stands before the seed in PKCS #8 (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

const keyOfSeed = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })

const SEED = /^[A-Za-z0-9_-]{43}$/
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/

function parsedKey(text: string): KeyObject | undefined {
  // Environment files often cannot hold line breaks, and write them as \n.
  if (text.includes('-----BEGIN')) return createPrivateKey(text.replaceAll('\\n', '\n'))
  if (SEED.test(text)) return keyOfSeed(Buffer.from(text, 'base64url'))
  if (!BASE64.test(text)) return undefined
  return createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' })
}

/** An Ed25519 private key from PKCS #8 (PEM, or DER as base64) or its 32 bytes as base64url. */
export function readDispatchKey(text: string): KeyObject | undefined {
  try {
    const key = parsedKey(text.trim())
    return key?.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch {
    return undefined
  }
}

/** Nodes of one cluster sign alike without being told a key (RFC 5869); the secret does not follow from it. */
export const derivedDispatchKey = (clusterSecret: string): KeyObject =>
  keyOfSeed(new Uint8Array(hkdfSync('sha256', clusterSecret, '', 'skein dispatch key', SEED_BYTES)))

export interface DispatchKeySource {
  readonly key?: string
  readonly clusterSecret: string
}

/** Signs lists of endpoints. */
export class DispatchSigner {
  /** What clients are given: 32 bytes as base64url. */
  readonly publicKey: string
  readonly kid: string
  readonly #key: KeyObject

  constructor(key: KeyObject) {
    assert(key.asymmetricKeyType === 'ed25519', 'dispatch lists are signed by an Ed25519 key')
    this.#key = key
    this.publicKey = String(createPublicKey(key).export({ format: 'jwk' }).x)
    this.kid = dispatchKeyId(this.publicKey) ?? ''
  }

  /** As configured, else derived from the cluster's secret. */
  static of({ key, clusterSecret }: DispatchKeySource): DispatchSigner {
    const given = key === undefined ? undefined : readDispatchKey(key)
    assert(key === undefined || given !== undefined, 'the configuration checks the dispatch key')
    return new DispatchSigner(given ?? derivedDispatchKey(clusterSecret))
  }

  /** The document as a JWS in compact form. */
  sign(document: DispatchDocument): string {
    const input = dispatchSigningInput(document, this.kid)
    return `${input}.${sign(null, Buffer.from(input), this.#key).toString('base64url')}`
  }
}
