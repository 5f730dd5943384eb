import { dispatchKeyId } from '@skein/protocol'
import { strategyName, type StrategyName } from '@skein/resilience'
import { messageOf, SdkError } from '../errors.ts'
import type { DispatchCache } from './cache.ts'
import type { DispatchFetch } from './fetch.ts'
import type { DispatchProbe } from './probe.ts'
import type { VerifyEd25519 } from './verify.ts'

/** Where the list of endpoints comes from, and how one of them is chosen. */
export interface DispatchOptions {
  /** `https://host/v1/dispatch`, mirrors, a static signed file: at most 16. Any of them is as good as the others. */
  readonly urls: readonly string[]
  /** Ed25519 public keys (base64url, `skein dispatch --public-key`), one of which must have signed the list. */
  readonly keys: readonly string[]
  /** Unless told: what the list says, else `power-of-two`. */
  readonly strategy?: StrategyName
  /** Where this client is. Its zone is preferred, then its region; it comes back there when it had to leave. */
  readonly home?: Home
  /** Where the last good list is kept. Unless told: `localStorage` where there is one, else memory. */
  readonly cache?: DispatchCache
  /** How a list is fetched. Unless told: by the platform's `fetch`. */
  readonly fetch?: DispatchFetch
  /** How long an endpoint takes to answer. Unless told: a `GET /livez` there by the platform's `fetch`. */
  readonly probe?: DispatchProbe
  /** Unless told: `@noble/ed25519` on the platform's WebCrypto, which browsers have in secure contexts only. */
  readonly verify?: VerifyEd25519
}

export interface Home {
  readonly zone: string
  readonly region: string
}

const URLS_MAX = 16
const KEYS_MAX = 16

/** @throws SdkError that names what makes no sense. */
export function checkDispatchOptions({ urls, keys, strategy }: DispatchOptions): void {
  if (urls.length === 0 || urls.length > URLS_MAX) {
    throw wrong(`dispatch.urls: name 1 to ${URLS_MAX}, not ${urls.length}`)
  }
  if (keys.length === 0 || keys.length > KEYS_MAX) {
    throw wrong(`dispatch.keys: name 1 to ${KEYS_MAX}, not ${keys.length}`)
  }
  for (const key of keys) {
    if (dispatchKeyId(key) === undefined) {
      throw wrong(`dispatch.keys: '${key}' is no Ed25519 public key of 32 bytes as base64url`)
    }
  }
  if (strategy === undefined) return
  try {
    strategyName(strategy)
  } catch (error) {
    throw wrong(`dispatch: ${messageOf(error)}`)
  }
}

const wrong = (message: string): SdkError => new SdkError('invalid', message, { remedy: 'fix' })
