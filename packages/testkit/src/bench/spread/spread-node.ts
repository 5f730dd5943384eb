import type { Random } from '@skein/core'
import { between } from './agenda.ts'
import { MEAN_COST, type SpreadSession } from './workload.ts'

/** Sessions that a node of capacity 1 has room for: a fair share of 4,000 fills 60 % of it. */
const ROOM = 417
/** CPU of one second differs from that of the next, whatever the sessions do. */
const CPU_NOISE = 0.05
/** Handshake with an idle node, and what its work adds: a queue's wait grows with 1 ÷ (1 − use). */
const IDLE_RTT_MS = 4
const WORK_RTT_MS = 6
const MAX_USE = 0.95
/** So many measurements may be on their way. */
const KEPT_MEASUREMENTS = 4

/** What the node says about itself. */
export interface Measurement {
  readonly headroom: number
  readonly sessions: number
  readonly atMs: number
}

/** A node of the simulation: counts what it holds, and tells it each second. */
export class SpreadNode {
  readonly id: string
  readonly capacity: number
  readonly joinedAtMs: number
  readonly sessions = new Set<SpreadSession>()
  isAlive = true
  #load = 0
  #measurements: Measurement[] = []

  constructor(id: string, capacity: number, joinedAtMs: number) {
    this.id = id
    this.capacity = capacity
    this.joinedAtMs = joinedAtMs
  }

  /** Sum of its sessions' costs. */
  get load(): number {
    return this.#load
  }

  add(session: SpreadSession): void {
    this.sessions.add(session)
    this.#load += session.cost
  }

  remove(session: SpreadSession): void {
    if (this.sessions.delete(session)) this.#load -= session.cost
  }

  /** As a real one: the scarcest of connections and CPU, in whole points. */
  measure(nowMs: number, random: Random): void {
    const cpu = this.#cpu() * between(random, 1 - CPU_NOISE, 1 + CPU_NOISE)
    const used = Math.max(cpu, this.sessions.size / (ROOM * this.capacity))
    const headroom = Math.round(100 * Math.max(0, 1 - used))
    this.#measurements = [
      ...this.#measurements.slice(1 - KEPT_MEASUREMENTS),
      { headroom, sessions: this.sessions.size, atMs: nowMs },
    ]
  }

  /** The last that had been published by then. */
  published(byMs: number): Measurement | undefined {
    return this.#measurements.findLast(({ atMs }) => atMs <= byMs)
  }

  handshakeMs(random: Random): number {
    return (IDLE_RTT_MS + WORK_RTT_MS / (1 - Math.min(MAX_USE, this.#cpu()))) * between(random, 0.8, 1.4)
  }

  #cpu(): number {
    return this.#load / (ROOM * MEAN_COST * this.capacity)
  }
}
