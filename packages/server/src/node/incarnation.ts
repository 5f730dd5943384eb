import type { Logger } from '../observe/logger.ts'
import type { Store } from '../store/store.ts'

/** Notices when the log is another one than before: a fail-over that may have lost commits begins a new incarnation. */
export class Incarnation {
  readonly #store: Pick<Store, 'identity'>
  readonly #logger: Logger
  #origin: string

  constructor(store: Pick<Store, 'identity'>, logger: Logger) {
    this.#store = store
    this.#logger = logger
    this.#origin = store.identity.origin
  }

  /** Answers the origin now; `onNew` once for each new one. */
  check(onNew: () => void): string {
    const { origin } = this.#store.identity
    if (origin === this.#origin) return origin
    this.#logger.warn({ was: this.#origin, is: origin }, 'the log has a new incarnation: all sessions resume')
    this.#origin = origin
    onNew()
    return origin
  }
}
