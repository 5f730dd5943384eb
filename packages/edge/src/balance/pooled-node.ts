import type { Cancel } from '@skein/core'
import {
  RecentPicks,
  REPORT_TTL_MS,
  type Endpoint,
  type HeadroomReport,
  type PeakEwma,
} from '@skein/resilience'
import type { EdgeNodeState } from '../cluster/edge-node.ts'
import { NEW_HEALTH, type Health } from './health.ts'

/** Where a node is. */
export interface Member {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Of its process, where that is known. */
  readonly id?: string
  readonly zone?: string
  readonly region?: string
  readonly weight?: number
}

/** A process behind the edge, and all that is known of it here. One that is started again is another. */
export class PooledNode {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly id: string | undefined
  zone: string
  region: string
  weight: number
  health: Health = NEW_HEALTH
  /** What the cluster says of it. */
  state: EdgeNodeState = 'ready'
  reason = ''
  report: HeadroomReport | undefined
  readonly picks = new RecentPicks(REPORT_TTL_MS)
  connections = 0
  inFlight = 0
  picked = 0
  rtt: PeakEwma | undefined
  /** Slow start counts from here; undefined: it is warm. */
  readySinceMs: number | undefined
  /** Told when it is found to be away: requests that wait for its first byte. */
  readonly #waiting = new Set<() => void>()

  constructor({ name, host, port, id, zone = '', region = '', weight = 1 }: Member, readySinceMs?: number) {
    this.name = name
    this.host = host
    this.port = port
    this.id = id
    this.zone = zone
    this.region = region
    this.weight = weight
    this.readySinceMs = readySinceMs
  }

  get welcome(): boolean {
    return this.health.state === 'ready' && this.state !== 'draining'
  }

  get sinceReport(): number {
    return this.picks.since(this.report?.atMs ?? -Infinity)
  }

  endpoint(): Endpoint {
    const { name: id, weight, zone, region, connections, inFlight, report, sinceReport, rtt } = this
    const state = this.state === 'draining' ? 'draining' : 'healthy'
    const { readySinceMs } = this
    return { id, weight, zone, region, state, connections, inFlight, report, sinceReport, rtt, readySinceMs }
  }

  /** `lost` is called once, unless cancelled, when nobody is there any more. */
  whenLost(lost: () => void): Cancel {
    this.#waiting.add(lost)
    return () => void this.#waiting.delete(lost)
  }

  lose(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const lost of waiting) lost()
  }
}
