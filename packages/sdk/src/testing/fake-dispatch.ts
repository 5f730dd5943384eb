import {
  dispatchKeyId,
  dispatchSigningInput,
  toBase64Url,
  type DispatchDocument,
  type DispatchEndpoint,
} from '@skein/protocol'
import { memoryDispatchCache } from '../dispatch/cache.ts'
import type { DispatchAnswer } from '../dispatch/fetch.ts'
import type { DispatchOptions } from '../dispatch/options.ts'
import type { ManualRuntime } from './manual-runtime.ts'

/** RFC 8032, section 7.1, test 1. */
export const PUBLIC_KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'

/** Signatures that begin with a 1 hold, so that tests need no real ones. */
const GOOD = Uint8Array.from({ length: 64 }, () => 1)
const FORGED = Uint8Array.from({ length: 64 }, () => 0)
const verify = (signature: Uint8Array): boolean => signature[0] === 1

export const endpointAt = (name: string, fields: Partial<DispatchEndpoint> = {}): DispatchEndpoint => ({
  id: name,
  url: `wss://${name}/v1/connect`,
  zone: 'a',
  region: 'eu',
  weight: 1,
  ...fields,
})

export const listOf = (document: DispatchDocument, by: 'us' | 'somebody' = 'us'): string => {
  const input = dispatchSigningInput(document, dispatchKeyId(PUBLIC_KEY) ?? '')
  return `${input}.${toBase64Url(by === 'us' ? GOOD : FORGED)}`
}

/** Mirrors and endpoints that answer as the test says, in its time. */
export class FakeDispatch {
  readonly asked: { readonly url: string; readonly atMs: number }[] = []
  readonly probed: string[] = []
  /** What each mirror says; silent unless told. */
  readonly mirrors = new Map<string, string | Partial<DispatchAnswer>>()
  /** URLs of endpoints that do not answer. */
  readonly dead = new Set<string>()
  readonly rttMs = new Map<string, number>()
  readonly cache = memoryDispatchCache()
  readonly #runtime: ManualRuntime

  constructor(runtime: ManualRuntime) {
    this.#runtime = runtime
  }

  document(endpoints: readonly DispatchEndpoint[], fields: Partial<DispatchDocument> = {}): DispatchDocument {
    const issuedAt = this.#runtime.clock.now()
    return { v: 1, issuedAt, ttlMs: 60_000, staleMs: 3_600_000, endpoints: [...endpoints], ...fields }
  }

  options(fields: Partial<DispatchOptions> = {}): DispatchOptions {
    return {
      urls: ['https://one', 'https://two'],
      keys: [PUBLIC_KEY],
      cache: this.cache,
      verify,
      fetch: (url) => this.#answer(url),
      probe: (url) => this.#probe(url),
      ...fields,
    }
  }

  #answer(url: string): Promise<DispatchAnswer> {
    this.asked.push({ url, atMs: this.#runtime.clock.monotonicMs() })
    const says = this.mirrors.get(url)
    if (says === undefined) return new Promise(() => {})
    const answer = typeof says === 'string' ? { text: says } : says
    return Promise.resolve({ status: 200, text: '', retryAfterMs: undefined, ...answer })
  }

  #probe(url: string): Promise<void> {
    this.probed.push(url)
    if (this.dead.has(url)) return Promise.reject(new Error('nobody there'))
    return new Promise((resolve) => void this.#runtime.timers.after(this.rttMs.get(url) ?? 10, resolve))
  }
}
