import { randomInt, type Cancel, type Runtime } from '@skein/core'
import type { Logger } from '../observe/logger.ts'
import { judgePath, WORKING, type PathState, type PathVerdict } from './judge.ts'

export const PROBE_MS = 1_000
/** More than one, so that one dead peer is not taken for a dead path. */
const PEERS_PER_ROUND = 3
/** Probes without an answer that are remembered: later than this an answer says nothing new. */
const ROUNDS_REMEMBERED = 10

/** JSON on the bus, to one node. */
export type ProbeMessage =
  | { readonly probe: 'ask'; readonly round: number }
  | { readonly probe: 'answer'; readonly round: number }

export interface ProbePeer {
  readonly id: string
  /** When the newest of its probes was sent that came back, by this node's monotonic clock. */
  readonly okAtMs: number | undefined
}

export interface ProberOptions {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly selfId: string
  /** Onto the bus that deliveries use; may drop it. To this node itself too: it goes out and comes back. */
  readonly send: (to: string, message: ProbeMessage) => void
  /** The other ready nodes. */
  readonly peers: () => readonly ProbePeer[]
  readonly onVerdict?: (verdict: PathVerdict, why: string) => void
}

/**
 * Publishes once a second through the path that deliveries take: to this node itself, and to peers that
 * answer. The path works as of the older of the two newest that came back; alone, its own counts.
 */
export class Prober {
  readonly #options: ProberOptions
  readonly #sentAtMs = new Map<number, number>()
  #round = 0
  #selfOkAtMs: number
  #peerOkAtMs: number
  #answeredOnce = false
  #path: PathState = WORKING
  #hadPeers = false
  #roundTripMs: number | undefined
  #cancel: Cancel = () => {}

  constructor(options: ProberOptions) {
    this.#options = options
    this.#selfOkAtMs = this.#peerOkAtMs = this.#nowMs()
  }

  start(): void {
    this.#selfOkAtMs = this.#peerOkAtMs = this.#nowMs()
    this.#tick()
  }

  stop(): void {
    this.#cancel()
  }

  get verdict(): PathVerdict {
    return this.#path.verdict
  }

  get why(): string {
    const silentMs = this.#nowMs() - this.#okAtMs(this.#hadPeers)
    const since = `no delivery probe came back for ${Math.round(silentMs / 100) / 10} s`
    switch (this.#path.verdict) {
      case 'working':
        return 'Delivery probes come back.'
      case 'failing':
        return `This node's path to the others fails: ${since}, while those of another node do.`
      case 'degraded':
        return `The path between nodes fails for all, or this one recovers: ${since}. Deliveries go by the log.`
    }
  }

  /** For the load report. */
  get okAgeMs(): number | null {
    return this.#answeredOnce ? Math.max(0, this.#nowMs() - this.#okAtMs(this.#hadPeers)) : null
  }

  /** Of the newest probe that came back by way of a peer; alone, to itself. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs
  }

  receive(from: string, message: ProbeMessage): void {
    const self = from === this.#options.selfId
    if (message.probe === 'ask' && !self) {
      this.#options.send(from, { probe: 'answer', round: message.round })
      return
    }
    const sentAtMs = this.#sentAtMs.get(message.round)
    if (sentAtMs === undefined) return
    this.#answeredOnce = true
    if (self) this.#selfOkAtMs = Math.max(this.#selfOkAtMs, sentAtMs)
    else this.#peerOkAtMs = Math.max(this.#peerOkAtMs, sentAtMs)
    if (!self || !this.#hadPeers) this.#roundTripMs = this.#nowMs() - sentAtMs
  }

  #tick(): void {
    const peers = this.#options.peers()
    this.#notePeers(peers.length > 0)
    this.#judge(peers)
    this.#send(peers)
    this.#cancel = this.#options.runtime.timers.after(PROBE_MS, () => this.#tick())
  }

  /** The first peer has until the next rounds to answer: what was before says nothing about it. */
  #notePeers(has: boolean): void {
    if (has && !this.#hadPeers) this.#peerOkAtMs = this.#nowMs()
    this.#hadPeers = has
  }

  #judge(peers: readonly ProbePeer[]): void {
    const before = this.#path.verdict
    const evidence = {
      okAtMs: this.#okAtMs(peers.length > 0),
      peersOkAtMs: peers.map(({ okAtMs }) => okAtMs),
    }
    this.#path = judgePath(this.#path, evidence, this.#nowMs())
    if (this.#path.verdict === before) return
    const { logger, onVerdict } = this.#options
    const level = this.#path.verdict === 'working' ? 'info' : 'warn'
    logger[level]({ from: before, to: this.#path.verdict }, this.why)
    onVerdict?.(this.#path.verdict, this.why)
  }

  #send(peers: readonly ProbePeer[]): void {
    const { send, selfId, runtime } = this.#options
    const round = ++this.#round
    this.#sentAtMs.set(round, this.#nowMs())
    this.#sentAtMs.delete(round - ROUNDS_REMEMBERED)
    send(selfId, { probe: 'ask', round })
    const first = peers.length === 0 ? 0 : randomInt(runtime.random, peers.length)
    for (let i = 0; i < Math.min(PEERS_PER_ROUND, peers.length); i++) {
      const peer = peers[(first + i) % peers.length]
      if (peer !== undefined) send(peer.id, { probe: 'ask', round })
    }
  }

  #okAtMs(withPeers: boolean): number {
    return withPeers ? Math.min(this.#selfOkAtMs, this.#peerOkAtMs) : this.#selfOkAtMs
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }
}
