import type { Clock } from '@skein/core'
import type { DispatchEndpoint } from '@skein/protocol'
import { dispatchDocument, type DispatchTerms } from './document.ts'
import { knownPlace, NOWHERE, ranked, type Place } from './rank.ts'
import type { DispatchSigner } from './signing-key.ts'

/** An answer is given again for so long: whoever asks, a node signs once a second per place. */
export const ANSWER_MS = 1_000
/** Places with an answer of their own at a time; the others get the one that is ranked for nobody. */
export const MAX_PLACES = 64

export interface DispatcherOptions extends DispatchTerms {
  readonly signer: Pick<DispatchSigner, 'sign'>
  readonly clock: Clock
  /** Where clients may connect now, in any order. */
  readonly endpoints: () => readonly DispatchEndpoint[]
}

/** Answers where to connect. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  #endpoints: readonly DispatchEndpoint[] = []
  #untilMs = -Infinity
  readonly #answers = new Map<string, string>()

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** A signed list, ranked for the place; undefined while there is no endpoint at all. */
  answer(asked: Place): string | undefined {
    const { clock, signer, endpoints } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs >= this.#untilMs) {
      this.#endpoints = endpoints()
      this.#answers.clear()
      this.#untilMs = nowMs + ANSWER_MS
    }
    if (this.#endpoints.length === 0) return undefined
    const place = this.#placeOf(asked)
    const key = `${place.region}/${place.zone}`
    const held = this.#answers.get(key)
    if (held !== undefined) return held
    const document = dispatchDocument(ranked(this.#endpoints, place), this.#options, clock.now())
    const text = signer.sign(document)
    this.#answers.set(key, text)
    return text
  }

  /** One place is kept for nowhere. */
  #placeOf(asked: Place): Place {
    const place = knownPlace(this.#endpoints, asked)
    const isFull = this.#answers.size >= MAX_PLACES - 1
    return isFull && !this.#answers.has(`${place.region}/${place.zone}`) ? NOWHERE : place
  }
}
