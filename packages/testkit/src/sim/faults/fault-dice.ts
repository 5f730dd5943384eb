import { randomInt, type Random } from '@skein/core'
import type { SimBus } from '../cluster/sim-bus.ts'
import type { SimRegistry } from '../cluster/sim-registry.ts'
import type { SimConnection } from '../network/sim-connection.ts'
import type { SimDispatch } from '../dispatch/sim-dispatch.ts'
import type { SimLimits } from '../limits/sim-limits.ts'
import type { SimNetwork } from '../network/sim-network.ts'
import type { StoreConditions } from '../node-store.ts'
import type { SimNode } from '../sim-node.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { FaultCount } from './fault-kinds.ts'

export interface FaultTargets {
  readonly time: VirtualTime
  readonly network: SimNetwork
  readonly nodes: readonly SimNode[]
  readonly bus: SimBus
  readonly registry: SimRegistry
  readonly limits: SimLimits
  /** Where some clients are told lists. */
  readonly dispatch: SimDispatch | undefined
  readonly conditions: StoreConditions
  readonly faults: FaultCount
  /** Closes a tab and opens another of the same user. False: there was none. */
  reload(told: boolean): boolean
  /** Sets the database's clock or a tab's off by this much. */
  skewSomeClock(ms: number): void
}

/** What faults strike, and with which dice. */
export class FaultDice {
  readonly targets: FaultTargets
  readonly random: Random
  /** Nothing new is to be broken. */
  stopped = false

  constructor(targets: FaultTargets, random: Random) {
    this.targets = targets
    this.random = random
  }

  between = (from: number, to: number): number => from + this.random.next() * (to - from)

  chance = (share: number): boolean => this.random.next() < share

  one<T>(items: readonly T[]): T | undefined {
    return items[randomInt(this.random, items.length)]
  }

  someConnection(): SimConnection | undefined {
    return this.one(this.targets.network.connectionsOf({}).filter(({ clientOpen }) => clientOpen))
  }

  someNode(): SimNode | undefined {
    return this.one(this.targets.nodes.filter(({ up }) => up))
  }

  /** Undoes it after a while. */
  later(fromMs: number, toMs: number, undo: () => void): void {
    this.targets.time.after(this.between(fromMs, toMs), undo)
  }
}
