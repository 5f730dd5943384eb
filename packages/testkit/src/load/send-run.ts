import { Histogram } from './histogram.ts'
import type { SendPlan, SendResult } from './load-plan.ts'
import { measuredWindow, type WindowPorts } from './measured-window.ts'
import { countMessages, eachAck, eachRefusal, firstStamp } from './scan.ts'

/** Of so many reads with events one is looked into for its latency. */
const DELIVERY_SAMPLE = 16
const OPEN_LOOP_TICK_MS = 1
const DRAIN_MS = 500

/** Their clock is a wall clock, shared by all processes of this machine. */
export interface SendPorts extends WindowPorts {
  send(connection: number, text: string): void
}

interface Measured {
  sent: number
  acked: number
  refused: number
  deliveries: number
}

/** One measurement: sends at its pace, and counts what comes back while it measures. */
export class SendRun {
  readonly #plan: SendPlan
  readonly #ports: SendPorts
  readonly #padding: string
  readonly #sentAt = new Map<string, number>()
  readonly #ackLatency = new Histogram()
  readonly #deliveryLatency = new Histogram()
  readonly #counts: Measured = { sent: 0, acked: 0, refused: 0, deliveries: 0 }
  #measuring = false
  #stopped = false
  #nextSender = 0
  #serial = 0
  #settled = 0
  #seenDeliveries = 0
  #samples = 0

  constructor(plan: SendPlan, ports: SendPorts) {
    this.#plan = plan
    this.#ports = ports
    this.#padding = 'x'.repeat(Math.max(0, plan.bodyBytes - 40))
  }

  async run(closedConnections: () => number): Promise<SendResult> {
    const pacing = this.#pace()
    const measuredMs = await measuredWindow(this.#plan, this.#ports, (now) => (this.#measuring = now))
    this.#stopped = true
    await pacing
    await this.#ports.sleep(DRAIN_MS)
    return {
      ...this.#counts,
      measuredMs,
      ackLatency: this.#ackLatency.toJSON(),
      deliveryLatency: this.#deliveryLatency.toJSON(),
      closedConnections: closedConnections(),
    }
  }

  /** Messages from the server, on any connection. */
  received(data: Buffer): void {
    eachAck(data, (clientId) => this.#answered(clientId, 'acked'))
    eachRefusal(data, (clientId) => this.#answered(clientId, 'refused'))
    const messages = countMessages(data)
    if (messages === 0) return
    this.#seenDeliveries += messages
    if (this.#measuring) this.#counts.deliveries += messages
    if (this.#samples++ % DELIVERY_SAMPLE === 0) this.#sampleDelivery(data)
    this.#refill()
  }

  #sampleDelivery(data: Buffer): void {
    const stamp = this.#measuring ? firstStamp(data) : undefined
    if (stamp !== undefined) this.#deliveryLatency.record(this.#ports.nowMs() - stamp)
  }

  #answered(clientId: string, how: 'acked' | 'refused'): void {
    const sentAt = this.#sentAt.get(clientId)
    if (sentAt === undefined) return
    this.#sentAt.delete(clientId)
    this.#settled++
    if (this.#measuring) {
      this.#counts[how]++
      if (how === 'acked') this.#ackLatency.record(this.#ports.nowMs() - sentAt)
    }
    this.#refill()
  }

  async #pace(): Promise<void> {
    const { pace } = this.#plan
    if (pace.loop === 'closed') return this.#refill()
    const startMs = this.#ports.nowMs()
    let due = 0
    while (!this.#stopped) {
      const target = ((this.#ports.nowMs() - startMs) * pace.perSecond) / 1_000
      // Stamped with the time at which it was due: a stall of the generator must not hide a stall of the server.
      for (; due < target; due++) this.#sendOne(startMs + (due * 1_000) / pace.perSecond)
      await this.#ports.sleep(OPEN_LOOP_TICK_MS)
    }
  }

  /** Closed loop: as many under way as the plan says. */
  #refill(): void {
    const { pace } = this.#plan
    if (pace.loop !== 'closed' || this.#stopped) return
    const settled =
      pace.until === 'acked' ? this.#settled : Math.floor(this.#seenDeliveries / pace.until.deliveries)
    while (this.#serial - settled < pace.underWay) this.#sendOne(this.#ports.nowMs())
  }

  #sendOne(atMs: number): void {
    const sender = this.#plan.senders[this.#nextSender++ % this.#plan.senders.length]
    if (sender === undefined) return
    const clientId = this.#clientId(atMs)
    this.#sentAt.set(clientId, atMs)
    if (this.#measuring) this.#counts.sent++
    this.#ports.send(
      sender.connection,
      `{"t":"send","conversation":"${sender.conversation}","clientId":"${clientId}","kind":"message",` +
        `"body":{"stamp":${atMs.toFixed(3)},"text":"${this.#padding}"}}`,
    )
  }

  /** A UUIDv7 whose random part is a serial number. */
  #clientId(atMs: number): string {
    const time = Math.floor(atMs).toString(16).padStart(12, '0')
    const process48 = (this.#serial++).toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${process48}`
  }
}
