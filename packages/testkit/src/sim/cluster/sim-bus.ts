import type { Random } from '@skein/core'
import {
  memoryBus,
  MemoryBusHub,
  type BlackHole,
  type Bus,
  type BusDelivery,
  type BusFault,
} from '@skein/server'
import type { FaultCount } from '../faults/fault-kinds.ts'
import { seedFrom, type Actor, type VirtualTime } from '../virtual-time.ts'

/** How badly the bus works now, as shares of what passes; all 0: as it should. */
export interface BusConditions {
  lossShare: number
  /** Of the last payload of a burst. */
  lastHintLossShare: number
  lateShare: number
  twiceShare: number
  /** Until the server takes what a node publishes, at most: what two nodes say is told in another order. */
  publishMs: number
}

export const calmBus = (): BusConditions => ({
  lossShare: 0,
  lastHintLossShare: 0,
  lateShare: 0,
  twiceShare: 0,
  publishMs: 0,
})

const LATENCY_MS = 1
const MAX_LATE_MS = 1_500

/** Not a beat or a probe: whoever loses hints alone does not notice. */
const isHint = (channel: string): boolean => channel.includes(':c:')

type Connect = MemoryBusHub['connect']
type Wire = Awaited<ReturnType<Connect>>

/** The one bus of a simulation: a server of its own, as far away from every node as a real one. */
export class SimBus {
  readonly conditions = calmBus()
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #faults: FaultCount
  readonly #hub: MemoryBusHub
  readonly #holes = new Map<string, BlackHole>()
  /** Ids of living processes, and where they run. */
  readonly #hosts = new Map<string, string>()
  readonly #wires = new Map<string, Wire>()

  constructor(time: VirtualTime, random: Random, faults: FaultCount) {
    this.#time = time
    this.#random = random
    this.#faults = faults
    this.#hub = new MemoryBusHub({
      runtime: time.actor(seedFrom(random)),
      latencyMs: LATENCY_MS,
      faults: { next: (delivery) => this.#fault(delivery) },
    })
  }

  kill(): void {
    this.#faults.add('busDown')
    this.#hub.kill()
  }

  hang(): void {
    this.#faults.add('busHung')
    this.#hub.hang()
  }

  serve(): void {
    this.#hub.serve()
  }

  /** Swallows what this host says or hears, whatever process runs there, until `heal`. */
  blackHole(host: string, direction: BlackHole): void {
    this.#faults.add('busBlackHole')
    this.#holes.set(host, direction)
    for (const id of this.#idsAt(host)) this.#hub.blackHole(id, direction)
  }

  heal(host: string): void {
    this.#holes.delete(host)
    for (const id of this.#idsAt(host)) this.#hub.heal(id)
  }

  calm(): void {
    Object.assign(this.conditions, calmBus())
  }

  healAll(): void {
    this.calm()
    this.#hub.serve()
    for (const host of [...this.#holes.keys()]) this.heal(host)
  }

  /** The bus as one process has it: what comes waits while that is paused. */
  busFor(host: string, node: string, actor: Actor): Bus {
    this.#hosts.set(node, host)
    const hole = this.#holes.get(host)
    if (hole !== undefined) this.#hub.blackHole(node, hole)
    let freeMs = 0
    const connect: Connect = async (name, events) => {
      const wire = await actor.hear(
        this.#hub.connect(name, {
          onPayload: (payload) => actor.reach(() => events.onPayload(payload)),
          onLost: (error) => actor.reach(() => events.onLost(error)),
        }),
      )
      this.#wires.set(node, wire)
      const publish: Wire['publish'] = (parcels) => {
        freeMs = Math.max(freeMs, this.#time.nowMs + this.#publishMs())
        return actor.hear(this.#time.sleep(freeMs - this.#time.nowMs).then(() => wire.publish(parcels)))
      }
      return {
        publish,
        subscribe: (channels) => actor.hear(wire.subscribe(channels)),
        unsubscribe: (channels) => actor.hear(wire.unsubscribe(channels)),
        close: () => wire.close(),
      }
    }
    return memoryBus({ connect }, { node, runtime: actor })
  }

  /** Its connection ends with it. */
  processGone(node: string): void {
    this.#wires.get(node)?.close()
    this.#wires.delete(node)
    this.#hosts.delete(node)
    this.#hub.heal(node)
  }

  #idsAt(host: string): string[] {
    return [...this.#hosts].filter(([, at]) => at === host).map(([id]) => id)
  }

  #publishMs(): number {
    const { publishMs } = this.conditions
    if (publishMs === 0) return 0
    this.#faults.add('hintReordered')
    return publishMs * this.#random.next()
  }

  #fault({ channel, index, count }: BusDelivery): BusFault | undefined {
    const { lossShare, lastHintLossShare, lateShare, twiceShare } = this.conditions
    if (lossShare + lastHintLossShare + lateShare + twiceShare === 0) return undefined
    const roll = (): number => this.#random.next()
    if (roll() < lossShare) return this.#count('hintLost', { drop: true })
    if (isHint(channel) && index === count - 1 && roll() < lastHintLossShare)
      return this.#count('lastHintLost', { drop: true })
    if (roll() < lateShare) return this.#count('hintLate', { delayMs: roll() * MAX_LATE_MS })
    if (roll() < twiceShare) return this.#count('hintTwice', { duplicates: 1 })
    return undefined
  }

  #count(kind: 'hintLost' | 'lastHintLost' | 'hintLate' | 'hintTwice', fault: BusFault): BusFault {
    this.#faults.add(kind)
    return fault
  }
}
