import type { Runtime } from '@skein/core'
import type { NodeRecord } from '../node-record.ts'
import {
  CLUSTER_MEMORY_MS,
  LEASE_TTL_MS,
  RegistryError,
  type AnnounceOutcome,
  type JoinOutcome,
  type ListedNode,
  type Listing,
  type Registry,
} from '../registry.ts'

interface Lease {
  readonly record: NodeRecord
  readonly epoch: number
  readonly expiresAtMs: number
}

/** What the nodes of one process share: the registry itself, with a clock of its own. */
export class MemoryRegistryState {
  readonly #now: () => number
  readonly #leases = new Map<string, Lease>()
  #cluster: { readonly fingerprint: string; readonly expiresAtMs: number } | undefined
  #epoch = 0

  constructor(now: () => number) {
    this.#now = now
  }

  join(record: NodeRecord, fingerprint: string): JoinOutcome {
    const nowMs = this.#now()
    const cluster = this.#cluster
    if (cluster !== undefined && cluster.expiresAtMs > nowMs && cluster.fingerprint !== fingerprint) {
      return { kind: 'wrongSecret', nowMs }
    }
    const held = this.#leases.get(record.name)
    if (held !== undefined && held.expiresAtMs > nowMs && held.record.id !== record.id) {
      return { kind: 'nameTaken', holder: held.record.id, nowMs }
    }
    this.#cluster = { fingerprint, expiresAtMs: nowMs + CLUSTER_MEMORY_MS }
    this.#leases.set(record.name, { record, epoch: ++this.#epoch, expiresAtMs: nowMs + LEASE_TTL_MS })
    return { kind: 'joined', epoch: this.#epoch, nowMs }
  }

  announce(record: NodeRecord, epoch: number): AnnounceOutcome {
    const nowMs = this.#now()
    const held = this.#leases.get(record.name)
    const mine = held !== undefined && held.record.id === record.id && held.epoch === epoch
    if (!mine || held.expiresAtMs <= nowMs) return { kind: 'lapsed', nowMs }
    this.#leases.set(record.name, { record, epoch, expiresAtMs: nowMs + LEASE_TTL_MS })
    if (this.#cluster !== undefined) {
      this.#cluster = { ...this.#cluster, expiresAtMs: nowMs + CLUSTER_MEMORY_MS }
    }
    return { kind: 'renewed', nowMs }
  }

  leave(id: string): void {
    for (const [name, { record }] of this.#leases) if (record.id === id) this.#leases.delete(name)
  }

  list(): Listing {
    const nowMs = this.#now()
    const nodes: ListedNode[] = []
    for (const { record, epoch, expiresAtMs } of this.#leases.values()) {
      if (expiresAtMs > nowMs) nodes.push({ record, epoch, leaseLeftMs: expiresAtMs - nowMs })
    }
    return { nowMs, nodes, unreadable: [] }
  }

  /** Loses everything, as a Redis that restarts without persistence does. */
  forget(): void {
    this.#leases.clear()
    this.#cluster = undefined
  }
}

/** `down`: refuses. `hung`: does not answer. `frozen`: lists for ever what was there when it froze. */
export type RegistryFault = 'none' | 'down' | 'hung' | 'frozen'

export interface MemoryRegistryOptions {
  readonly state: MemoryRegistryState
  readonly runtime: Pick<Runtime, 'timers'>
  readonly latencyMs?: number
}

/** One node's way to the shared state, with faults of its own. */
export class MemoryRegistry implements Registry {
  readonly #options: MemoryRegistryOptions
  #fault: RegistryFault = 'none'
  #frozen: Listing | undefined

  constructor(options: MemoryRegistryOptions) {
    this.#options = options
  }

  set fault(fault: RegistryFault) {
    this.#fault = fault
    this.#frozen = fault === 'frozen' ? this.#options.state.list() : undefined
  }

  get fault(): RegistryFault {
    return this.#fault
  }

  join(record: NodeRecord, secretFingerprint: string): Promise<JoinOutcome> {
    return this.#call((state) => state.join(record, secretFingerprint))
  }

  announce(record: NodeRecord, epoch: number): Promise<AnnounceOutcome> {
    return this.#call((state) => state.announce(record, epoch))
  }

  leave(id: string): Promise<void> {
    return this.#call((state) => state.leave(id))
  }

  list(): Promise<Listing> {
    return this.#call((state) => this.#frozen ?? state.list())
  }

  async close(): Promise<void> {}

  #call<T>(run: (state: MemoryRegistryState) => T): Promise<T> {
    const { state, runtime, latencyMs = 0 } = this.#options
    return new Promise((resolve, reject) => {
      if (this.#fault === 'hung') return
      runtime.timers.after(latencyMs, () => {
        if (this.#fault === 'down') reject(new RegistryError('unavailable', 'The registry is down.'))
        else resolve(run(state))
      })
    })
  }
}
