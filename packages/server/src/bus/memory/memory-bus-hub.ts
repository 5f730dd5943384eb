import type { Runtime } from '@skein/core'
import { BusError } from '../bus-error.ts'
import type { Parcel, Wire, WireEvents } from '../wire.ts'
import type { BlackHole, BusDelivery, BusFaults } from './faults.ts'

const DEFAULT_LATENCY_MS = 1

export interface MemoryBusHubOptions {
  readonly runtime: Runtime
  /** From publishing to arriving; 1 unless told. */
  readonly latencyMs?: number
  readonly faults?: BusFaults
}

/** One node's connection. */
class Member implements Wire {
  readonly node: string
  readonly events: WireEvents
  readonly #hub: MemoryBusHub
  readonly channels = new Set<string>()
  /** Nothing arrives before what was sent earlier, as on a TCP connection. */
  lastDueMs = 0
  /** Requests that a hung hub does not answer. */
  readonly unanswered = new Set<(error: Error) => void>()

  constructor(hub: MemoryBusHub, node: string, events: WireEvents) {
    this.#hub = hub
    this.node = node
    this.events = events
  }

  publish(parcels: readonly Parcel[]): Promise<void> {
    return this.#hub.request(this, () => this.#hub.publish(this.node, parcels))
  }

  subscribe(channels: readonly string[]): Promise<void> {
    return this.#hub.request(this, () => this.#hub.join(this, channels))
  }

  unsubscribe(channels: readonly string[]): Promise<void> {
    return this.#hub.request(this, () => this.#hub.leave(this, channels))
  }

  close(): void {
    this.#hub.disconnect(this)
  }
}

/** The server that the nodes of one process share, with the faults of a real one. Deterministic on its runtime. */
export class MemoryBusHub {
  readonly #runtime: Runtime
  readonly #latencyMs: number
  readonly #faults: BusFaults | undefined
  readonly #members = new Set<Member>()
  readonly #channels = new Map<string, Set<Member>>()
  readonly #holes = new Map<string, BlackHole>()
  #state: 'serving' | 'dead' | 'hung' = 'serving'

  constructor(options: MemoryBusHubOptions) {
    this.#runtime = options.runtime
    this.#latencyMs = options.latencyMs ?? DEFAULT_LATENCY_MS
    this.#faults = options.faults
  }

  /** All connections break, new ones are refused, until `serve`. */
  kill(): void {
    this.#state = 'dead'
    for (const member of [...this.#members]) {
      this.disconnect(member)
      member.events.onLost(new BusError('lost', 'The memory bus was killed.'))
    }
  }

  /** Connections stand, nothing moves, until `serve`. */
  hang(): void {
    this.#state = 'hung'
  }

  /** Works again after `kill` or `hang`. What was asked of it meanwhile stays unanswered. */
  serve(): void {
    this.#state = 'serving'
  }

  /** Swallows silently what this node says or hears, until `heal`; new connections of it included. */
  blackHole(node: string, direction: BlackHole): void {
    this.#holes.set(node, direction)
  }

  heal(node: string): void {
    this.#holes.delete(node)
  }

  connect(node: string, events: WireEvents): Promise<Wire> {
    const member = new Member(this, node, events)
    if (this.#state === 'dead')
      return Promise.reject(new BusError('unreachable', 'The memory bus is dead until it serves again.'))
    return this.request(member, () => this.#members.add(member)).then(() => member)
  }

  /** Does it and answers after the way there and back, or does nothing and never answers. */
  request(member: Member, run: () => void): Promise<void> {
    const answered = this.#state === 'serving' && !this.#swallows(member.node, 'out')
    return new Promise((resolve, reject) => {
      member.unanswered.add(reject)
      if (!answered) return
      run()
      this.#runtime.timers.after(2 * this.#latencyMs, () => {
        if (member.unanswered.delete(reject)) resolve()
      })
    })
  }

  join(member: Member, channels: readonly string[]): void {
    for (const channel of channels) {
      member.channels.add(channel)
      const members = this.#channels.get(channel)
      if (members === undefined) this.#channels.set(channel, new Set([member]))
      else members.add(member)
    }
  }

  leave(member: Member, channels: Iterable<string>): void {
    for (const channel of channels) {
      member.channels.delete(channel)
      const members = this.#channels.get(channel)
      if (members?.delete(member) === true && members.size === 0) this.#channels.delete(channel)
    }
  }

  disconnect(member: Member): void {
    this.#members.delete(member)
    this.leave(member, [...member.channels])
    for (const reject of member.unanswered) reject(new BusError('lost', 'The connection was closed.'))
    member.unanswered.clear()
  }

  publish(from: string, parcels: readonly Parcel[]): void {
    for (const [index, { channel, payload }] of parcels.entries()) {
      for (const member of this.#channels.get(channel) ?? []) {
        this.#deliver(member, { from, to: member.node, channel, index, count: parcels.length }, payload)
      }
    }
  }

  #deliver(member: Member, delivery: BusDelivery, payload: string): void {
    if (this.#swallows(member.node, 'in')) return
    const fault = this.#faults?.next(delivery)
    if (fault?.drop === true) return
    const nowMs = this.#runtime.clock.monotonicMs()
    member.lastDueMs = Math.max(member.lastDueMs, nowMs + this.#latencyMs + (fault?.delayMs ?? 0))
    for (let copies = 1 + (fault?.duplicates ?? 0); copies > 0; copies--) {
      this.#runtime.timers.after(member.lastDueMs - nowMs, () => this.#arrive(member, payload))
    }
  }

  #arrive(member: Member, payload: string): void {
    const heard = this.#members.has(member) && this.#state === 'serving' && !this.#swallows(member.node, 'in')
    if (heard) member.events.onPayload(payload)
  }

  #swallows(node: string, direction: 'in' | 'out'): boolean {
    const hole = this.#holes.get(node)
    return hole === direction || hole === 'both'
  }
}
