import { setTimeout as sleep } from 'node:timers/promises'
import { HistoryRecorder } from '../../history/recorder.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import type { Settled, TalkOutcome, Whereabouts } from './talk-commands.ts'
import { TracedClient, type TracedClientOptions } from './traced-client.ts'

const POLL_MS = 20
const TICK_MS = 5
/** What was committed last still has to travel: a tail read repairs even a lost hint within a second. */
const QUIET_MS = 2_000

/** The clients of one process, who talk between `begin` and `hush`. */
export class Talkers {
  readonly recorder = new HistoryRecorder()
  readonly #keepUp: (seconds: number) => void
  readonly #clients: TracedClient[] = []
  #talking: Promise<void> | undefined
  #hushed = false

  /** `keepUp` says what is due after so many seconds and was not said yet: an open loop, however the servers are. */
  constructor(keepUp: (seconds: number) => void) {
    this.#keepUp = keepUp
  }

  get count(): number {
    return this.#clients.length
  }

  add(options: TracedClientOptions): TracedClient {
    const client = new TracedClient(options, this.recorder)
    this.#clients.push(client)
    return client
  }

  begin(): void {
    this.#talking ??= this.#talk()
  }

  async hush(): Promise<void> {
    this.#hushed = true
    await this.#talking
  }

  /** Waits until every send has its fate and everybody has had time to catch up. */
  async settle(withinMs: number): Promise<Settled> {
    const deadlineMs = nowMs() + withinMs
    let open = this.#open()
    while (open.unsettled + open.offline > 0 && nowMs() < deadlineMs) {
      await sleep(POLL_MS)
      open = this.#open()
    }
    await sleep(QUIET_MS)
    return this.#open()
  }

  where(): Whereabouts {
    const byNode: Record<string, number> = {}
    const byUrl: Record<string, number> = {}
    let offline = 0
    for (const { node, url } of this.#clients) {
      if (url !== undefined) byUrl[url] = (byUrl[url] ?? 0) + 1
      if (node === undefined) offline++
      else byNode[node] = (byNode[node] ?? 0) + 1
    }
    return { byNode, byUrl, offline }
  }

  finish(): TalkOutcome {
    return { ...this.recorder.finish(), traces: this.#clients.map((client) => client.finish()) }
  }

  #open(): Settled {
    return { unsettled: this.recorder.unsettled(), offline: this.where().offline }
  }

  async #talk(): Promise<void> {
    const startMs = nowMs()
    while (!this.#hushed) {
      this.#keepUp((nowMs() - startMs) / 1_000)
      await sleep(TICK_MS)
    }
  }
}
