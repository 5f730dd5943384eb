import { unreachable } from '@skein/core'
import { exponential } from '../exponential.ts'
import { CLUSTER_FAULTS, strikeCluster, type ClusterFault } from './cluster-faults.ts'
import type { FaultDice } from './fault-dice.ts'
import { NETWORK_FAULTS, strikeNetwork, type NetworkFault } from './network-faults.ts'
import { NODE_FAULTS, skewMs, strikeNode, type NodeFault } from './node-faults.ts'
import { STORE_FAULTS, strikeStore, type StoreFaultKind } from './store-faults.ts'

/** What the injector can decide to do. Some have effects that are counted elsewhere, where they happen. */
type Fault =
  | { readonly on: 'network'; readonly fault: NetworkFault }
  | { readonly on: 'node'; readonly fault: NodeFault }
  | { readonly on: 'store'; readonly fault: StoreFaultKind }
  | { readonly on: 'cluster'; readonly fault: ClusterFault }
  | { readonly on: 'clock' }
  | { readonly on: 'tab' }

const MENU: readonly Fault[] = [
  ...NETWORK_FAULTS.map((fault) => ({ on: 'network', fault }) as const),
  ...NODE_FAULTS.map((fault) => ({ on: 'node', fault }) as const),
  ...STORE_FAULTS.map((fault) => ({ on: 'store', fault }) as const),
  ...CLUSTER_FAULTS.map((fault) => ({ on: 'cluster', fault }) as const),
  { on: 'clock' },
  { on: 'tab' },
]

const MEAN_PAUSE_MS = 900

/** Breaks something now and then, of the kinds that this seed drew, until it is told to stop. */
export class FaultInjector {
  readonly #dice: FaultDice
  readonly #menu: readonly Fault[]

  constructor(dice: FaultDice) {
    this.#dice = dice
    const share = dice.between(0.3, 1)
    const possible = MENU.filter(({ on }) => on !== 'cluster' || dice.targets.nodes.length > 1)
    const drawn = possible.filter(() => dice.chance(share))
    this.#menu = drawn.length > 0 ? drawn : possible
    this.#next()
  }

  stop(): void {
    this.#dice.stopped = true
  }

  #next(): void {
    const pauseMs = exponential(this.#dice.random, MEAN_PAUSE_MS)
    this.#dice.targets.time.after(pauseMs, () => {
      if (this.#dice.stopped) return
      const fault = this.#dice.one(this.#menu)
      if (fault !== undefined) this.#strike(fault)
      this.#next()
    })
  }

  #strike(fault: Fault): void {
    const dice = this.#dice
    switch (fault.on) {
      case 'network':
        return strikeNetwork(fault.fault, dice)
      case 'node':
        return strikeNode(fault.fault, dice)
      case 'store':
        return strikeStore(fault.fault, dice)
      case 'cluster':
        return strikeCluster(fault.fault, dice)
      case 'clock':
        dice.targets.skewSomeClock(skewMs(dice))
        return dice.targets.faults.add('clockJump')
      case 'tab':
        if (dice.targets.reload(dice.chance(0.7))) dice.targets.faults.add('reload')
        return
      default:
        return unreachable(fault)
    }
  }
}
