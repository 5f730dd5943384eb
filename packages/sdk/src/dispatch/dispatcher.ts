import { Chooser, type ChooserOptions } from './chooser.ts'
import { checkDispatchOptions } from './options.ts'
import { DispatchSource } from './source.ts'

/**
 * Where a client connects when it is told a list instead of a URL:
 *
 *    cache, mirrors ──▶ DispatchSource ── a good list ──▶ Chooser ── URLs, best first ──▶ connection
 *                       (source.ts)       probes, home ─▶ (chooser.ts) ── a better one ──▶  (machine)
 */
export class Dispatcher {
  readonly #source: DispatchSource
  readonly #chooser: Chooser

  /** @throws SdkError for an option that makes no sense. */
  constructor(options: ChooserOptions) {
    checkDispatchOptions(options.dispatch)
    this.#chooser = new Chooser(options)
    this.#source = new DispatchSource(options.dispatch, options.runtime, {
      list: (document) => this.#chooser.list(document),
      warning: options.warning,
    })
  }

  start(): void {
    this.#chooser.start()
    void this.#source.start()
  }

  stop(): void {
    this.#source.stop()
    this.#chooser.stop()
  }

  online(): void {
    this.#chooser.online()
    this.#source.relax()
  }

  lost(): void {
    this.#chooser.lost()
    this.#source.hurry('lost')
  }

  woken(): void {
    this.#source.hurry('woken')
  }
}
