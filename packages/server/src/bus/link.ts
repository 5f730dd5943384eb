import type { Cancel, Runtime } from '@skein/core'
import { fullJitterMs } from '@skein/resilience'
import type { BusState, BusStateChange } from './bus.ts'
import { BusError, busErrorOf } from './bus-error.ts'
import { Heartbeat } from './heartbeat.ts'
import { encodeBeat } from './payload.ts'
import { Subscriptions } from './subscriptions.ts'
import type { Parcel, Wire, WireDriver, WireEvents } from './wire.ts'

/** A connection that is not there after this never will be. */
const OPEN_TIMEOUT_MS = 2_000
/** Short: the whole cluster reads the log meanwhile, and full jitter spreads the nodes. */
const REOPEN = { baseMs: 100, maxMs: 1_000 }
/** A wire that held this long was good: the next attempt waits as after the first failure. */
const PROVEN_AFTER_MS = 5_000
/** Beats pass and a request is still without an answer: it never comes, and what waits behind it must go on. */
export const ANSWER_TIMEOUT_MS = 5_000
/** Channels in one request: some hundred bytes each, well below what a server takes at once. */
const CHANNELS_PER_REQUEST = 1_000

export interface LinkOptions {
  readonly node: string
  readonly driver: WireDriver
  readonly runtime: Runtime
  /** Where this node hears itself. */
  readonly ownChannel: string
  /** Subscribed before the link counts as open; `ownChannel` among them. */
  readonly channels: readonly string[]
  readonly onPayload: (payload: string) => void
  readonly onState: (change: BusStateChange) => void
}

type Phase =
  | { readonly at: 'off' }
  | { readonly at: 'opening' }
  /** Connected. Renewing: subscriptions are under way, or the first beat is. */
  | {
      readonly at: 'renewing' | 'up'
      readonly wire: Wire
      readonly heartbeat: Heartbeat
      readonly sinceMs: number
    }
  | { readonly at: 'waiting'; readonly cancel: Cancel }

interface Request {
  readonly askedAtMs: number
  readonly giveUp: (error: BusError) => void
}

/**
 * Keeps one wire open, subscribed and proven.
 *
 *   off ──start──▶ opening ──▶ renewing ──all subscribed, a beat heard──▶ up
 *                    ▲  │ failed   │ lost, silent                          │ lost, silent
 *                    │  ▼          ▼                                       │
 *                    └─ waiting (full jitter) ◀────────────────────────────┘
 */
export class Link {
  readonly #options: LinkOptions
  /** Tells our beats from those of another process that took the same node id. */
  readonly #name: string
  readonly #subscriptions = new Subscriptions()
  #phase: Phase = { at: 'off' }
  /** Counts wires: what an older one still says is not heard. */
  #life = 0
  #failuresInARow = 0
  readonly #unanswered = new Set<Request>()
  #beaten = false
  #changing = false
  #told: BusState = 'connecting'
  losses = 0
  failedAttempts = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.#name = Math.floor(options.runtime.random.next() * 2 ** 48).toString(36)
  }

  get state(): BusState {
    return this.#told
  }

  start(): void {
    void this.#open()
  }

  stop(): void {
    this.#life++
    this.#release()
    this.#phase = { at: 'off' }
    this.#tell({ state: 'down', reason: 'stopped', message: 'The bus was stopped.' })
  }

  publish(parcels: readonly Parcel[]): Promise<void> {
    if (this.#phase.at !== 'up') return Promise.reject(new BusError('lost', 'The bus is not up.'))
    return this.#answered(this.#phase.wire.publish(parcels))
  }

  subscribe(channel: string): Promise<boolean> {
    if (this.#phase.at !== 'up') {
      this.#subscriptions.note(channel)
      this.#scheduleChange()
      return Promise.resolve(false)
    }
    const confirmed = this.#subscriptions.want(channel)
    this.#scheduleChange()
    return confirmed
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.drop(channel)
    this.#scheduleChange()
  }

  /** A beat of this node arrived; one of an earlier wire, or of another process with our name, proves nothing. */
  heard(link: string, beat: number): void {
    const phase = this.#phase
    if ((phase.at === 'up' || phase.at === 'renewing') && link === this.#linkName())
      phase.heartbeat.heard(beat)
  }

  async #open(): Promise<void> {
    const life = ++this.#life
    this.#phase = { at: 'opening' }
    let wire: Wire
    try {
      wire = await this.#openInTime({
        onPayload: (payload) => life === this.#life && this.#options.onPayload(payload),
        onLost: (error) => life === this.#life && this.#failed(error),
      })
    } catch (error) {
      if (life === this.#life) this.#failed(busErrorOf(error, 'unreachable'))
      return
    }
    if (life !== this.#life) return wire.close()
    const heartbeat = new Heartbeat({
      timers: this.#options.runtime.timers,
      send: (beat) => wire.publish([this.#beatParcel(beat)]),
      onBeat: () => this.#onBeat(life),
      onSilent: (everBeat) => life === this.#life && this.#failed(silence(everBeat)),
    })
    this.#beaten = false
    this.#phase = { at: 'renewing', wire, heartbeat, sinceMs: this.#nowMs() }
    heartbeat.start()
    this.#scheduleChange()
  }

  /** Drivers bound their own waits; this bounds them together, whatever they forgot. */
  #openInTime(events: WireEvents): Promise<Wire> {
    const { driver, runtime, channels } = this.#options
    return new Promise((resolve, reject) => {
      let opened: Wire | undefined
      let late = false
      const cancel = runtime.timers.after(OPEN_TIMEOUT_MS, () => {
        late = true
        opened?.close()
        reject(new BusError('unreachable', `The server did not answer within ${OPEN_TIMEOUT_MS} ms.`))
      })
      const connect = async (): Promise<Wire> => {
        opened = await driver.open(events)
        if (late) opened.close()
        else await opened.subscribe(channels)
        return opened
      }
      connect()
        .then(resolve, (error: unknown) => {
          opened?.close()
          reject(busErrorOf(error, 'unreachable'))
        })
        .finally(cancel)
    })
  }

  /** Brings the wire's subscriptions to what is wanted, a batch after the other. */
  #scheduleChange(): void {
    if (this.#changing || (this.#phase.at !== 'renewing' && this.#phase.at !== 'up')) return
    this.#changing = true
    const life = this.#life
    this.#options.runtime.timers.afterTurn(() => void this.#change(life))
  }

  async #change(life: number): Promise<void> {
    while (life === this.#life && (this.#phase.at === 'renewing' || this.#phase.at === 'up')) {
      const { wire } = this.#phase
      const { add, remove } = this.#subscriptions.take(CHANNELS_PER_REQUEST)
      if (add.length === 0 && remove.length === 0) break
      try {
        if (remove.length > 0) await this.#answered(wire.unsubscribe(remove))
        if (add.length > 0) await this.#answered(wire.subscribe(add))
      } catch (error) {
        if (life === this.#life) this.#failed(busErrorOf(error, 'lost'))
        return
      }
      if (life !== this.#life) return
      this.#subscriptions.added(add)
    }
    if (life !== this.#life) return
    this.#changing = false
    this.#upIfReady()
  }

  #onBeat(life: number): void {
    if (life !== this.#life) return
    this.#beaten = true
    if (this.#phase.at === 'up' && this.#nowMs() - this.#phase.sinceMs >= PROVEN_AFTER_MS)
      this.#failuresInARow = 0
    if (this.#isOverdue()) this.#failed(overdue())
    else this.#upIfReady()
  }

  #upIfReady(): void {
    if (this.#phase.at !== 'renewing' || !this.#beaten || !this.#subscriptions.settled) return
    this.#phase = { ...this.#phase, at: 'up', sinceMs: this.#nowMs() }
    this.#tell({ state: 'up' })
  }

  /** As the wire answers; fails with the wire, even when its driver forgets to. */
  #answered(asked: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const request: Request = { askedAtMs: this.#nowMs(), giveUp: reject }
      this.#unanswered.add(request)
      asked.then(resolve, reject).finally(() => this.#unanswered.delete(request))
    })
  }

  /** The oldest stands first. */
  #isOverdue(): boolean {
    const [oldest] = this.#unanswered
    return oldest !== undefined && this.#nowMs() - oldest.askedAtMs >= ANSWER_TIMEOUT_MS
  }

  #failed(error: BusError): void {
    const { runtime } = this.#options
    if (this.#phase.at === 'opening') this.failedAttempts++
    else this.losses++
    this.#life++
    this.#release()
    const waitMs = fullJitterMs(REOPEN, this.#failuresInARow++, runtime.random)
    this.#phase = { at: 'waiting', cancel: runtime.timers.after(waitMs, () => void this.#open()) }
    this.#tell({ state: 'down', reason: error.reason, message: error.message })
  }

  #release(): void {
    const phase = this.#phase
    if (phase.at === 'waiting') phase.cancel()
    if (phase.at === 'renewing' || phase.at === 'up') {
      phase.heartbeat.stop()
      phase.wire.close()
    }
    this.#changing = false
    for (const { giveUp } of this.#unanswered) giveUp(new BusError('lost', 'The connection was given up.'))
    this.#unanswered.clear()
    this.#subscriptions.lost()
  }

  /** Tells changes only; failed attempts in a row are one `down`. */
  #tell(change: BusStateChange): void {
    if (change.state === this.#told) return
    this.#told = change.state
    this.#options.onState(change)
  }

  #beatParcel(beat: number): Parcel {
    const { node, ownChannel } = this.#options
    return { channel: ownChannel, payload: encodeBeat(node, this.#linkName(), beat) }
  }

  #linkName(): string {
    return `${this.#name}.${this.#life}`
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }
}

const overdue = (): BusError =>
  new BusError('silent', `The server left a request without an answer for ${ANSWER_TIMEOUT_MS} ms.`)

const silence = (everBeat: boolean): BusError =>
  new BusError(
    'silent',
    everBeat
      ? 'What this node publishes to itself no longer comes back.'
      : 'What this node publishes to itself never came back. Does the address lead through a pooler or proxy ' +
          'that does not pass subscriptions on? The bus needs a direct one.',
  )
