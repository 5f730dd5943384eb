import { MemoryRegistry, MemoryRegistryState, type Registry, type RegistryFault } from '@skein/server'
import type { FaultCount } from '../faults/fault-kinds.ts'
import type { Actor, VirtualTime } from '../virtual-time.ts'

const LATENCY_MS = 2

/** The one registry of a simulation, by a clock that is right. */
export class SimRegistry {
  readonly #time: VirtualTime
  readonly #faults: FaultCount
  readonly #state: MemoryRegistryState
  readonly #links = new Map<string, MemoryRegistry>()

  constructor(time: VirtualTime, faults: FaultCount) {
    this.#time = time
    this.#faults = faults
    this.#state = new MemoryRegistryState(() => Math.floor(time.nowMs))
  }

  /** For one host, or for all. */
  break(fault: Exclude<RegistryFault, 'none'>, host?: string): void {
    this.#faults.add(fault === 'down' ? 'registryDown' : fault === 'hung' ? 'registryHung' : 'registryFrozen')
    for (const [name, link] of this.#links) if (host === undefined || host === name) link.fault = fault
  }

  /** Loses all leases at once. */
  forget(): void {
    this.#faults.add('registryForgets')
    this.#state.forget()
  }

  heal(): void {
    for (const link of this.#links.values()) link.fault = 'none'
  }

  /** The registry as one process has it. What it asked happens, whether or not it lives to hear the answer. */
  registryFor(host: string, actor: Actor): Registry {
    const link = this.#linkOf(host)
    return {
      join: (record, fingerprint) => actor.hear(link.join(record, fingerprint)),
      announce: (record, epoch) => actor.hear(link.announce(record, epoch)),
      leave: (id) => actor.hear(link.leave(id)),
      list: () => actor.hear(link.list()),
      close: () => Promise.resolve(),
    }
  }

  #linkOf(host: string): MemoryRegistry {
    const known = this.#links.get(host)
    if (known !== undefined) return known
    const runtime = this.#time.actor(0)
    const link = new MemoryRegistry({ state: this.#state, runtime, latencyMs: LATENCY_MS })
    this.#links.set(host, link)
    return link
  }
}
