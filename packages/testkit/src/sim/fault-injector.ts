import { randomInt, unreachable, type Random } from '@skein/core'
import type { FaultCount } from './fault-kinds.ts'
import type { SimNetwork } from './network/sim-network.ts'
import type { SimConnection } from './network/sim-connection.ts'
import type { StoreConditions } from './node-store.ts'
import type { SimNode } from './sim-node.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What the injector can decide to do. Some have effects that are counted elsewhere, where they happen. */
const FAULTS = [
  'drop',
  'disconnect',
  'delay',
  'halfOpen',
  'linger',
  'oneWayPartition',
  'partition',
  'slowConsumer',
  'crash',
  'powerLoss',
  'crashAfterCommit',
  'crashAfterAck',
  'gracefulStop',
  'clockSkew',
  'clockJump',
  'storeAway',
  'storeDelay',
  'indeterminate',
  'delayedVisibility',
  'reload',
] as const

type Fault = (typeof FAULTS)[number]

const MEAN_PAUSE_MS = 900
const MAX_SKEW_MS = 20_000

export interface FaultTargets {
  readonly time: VirtualTime
  readonly network: SimNetwork
  readonly nodes: readonly SimNode[]
  readonly conditions: StoreConditions
  readonly faults: FaultCount
  /** Closes a tab and opens another of the same user. False: there was none. */
  reload(told: boolean): boolean
  /** Sets the database's clock or a tab's off by this much. */
  skewSomeClock(ms: number): void
}

/** Breaks something now and then, of the kinds that this seed drew, until it is told to stop. */
export class FaultInjector {
  readonly #targets: FaultTargets
  readonly #random: Random
  readonly #kinds: readonly Fault[]
  #stopped = false

  constructor(targets: FaultTargets, random: Random) {
    this.#targets = targets
    this.#random = random
    const share = 0.3 + 0.7 * random.next()
    const drawn = FAULTS.filter(() => random.next() < share)
    this.#kinds = drawn.length > 0 ? drawn : FAULTS
    this.#next()
  }

  stop(): void {
    this.#stopped = true
  }

  #next(): void {
    const pauseMs = -Math.log(1 - this.#random.next()) * MEAN_PAUSE_MS
    this.#targets.time.after(pauseMs, () => {
      if (this.#stopped) return
      this.#inject(this.#kinds[randomInt(this.#random, this.#kinds.length)] ?? 'drop')
      this.#next()
    })
  }

  #inject(fault: Fault): void {
    switch (fault) {
      case 'drop':
      case 'disconnect':
      case 'halfOpen':
      case 'linger':
        return this.#breakConnection(fault)
      case 'delay':
      case 'slowConsumer':
      case 'oneWayPartition':
        return this.#spoilLink(fault)
      case 'partition':
        return this.#partition()
      case 'crash':
      case 'powerLoss':
      case 'crashAfterCommit':
      case 'crashAfterAck':
      case 'gracefulStop':
      case 'clockSkew':
        return this.#hitNode(fault)
      case 'clockJump':
        this.#targets.skewSomeClock(this.#skewMs())
        return this.#targets.faults.add('clockJump')
      case 'storeAway':
      case 'storeDelay':
      case 'indeterminate':
      case 'delayedVisibility':
        return this.#spoilStore(fault)
      case 'reload':
        if (this.#targets.reload(this.#random.next() < 0.7)) this.#targets.faults.add('reload')
        return
      default:
        return unreachable(fault)
    }
  }

  #breakConnection(fault: 'drop' | 'disconnect' | 'halfOpen' | 'linger'): void {
    const connection = this.#someConnection()
    if (connection === undefined) return
    switch (fault) {
      case 'drop':
        connection.drop()
        return this.#targets.faults.add('drop')
      case 'disconnect':
        connection.disconnect()
        return this.#targets.faults.add('disconnect')
      case 'halfOpen':
        connection.blackHole()
        return this.#targets.faults.add('halfOpen')
      case 'linger':
        // Whether a duplicate or a reordering comes of it, the network sees when the frames arrive.
        return connection.linger(this.#between(300, 9_000))
    }
  }

  #spoilLink(fault: 'delay' | 'slowConsumer' | 'oneWayPartition'): void {
    const link = this.#someConnection()?.link
    if (link === undefined) return
    const { network, time, faults } = this.#targets
    faults.add(fault)
    const lastsMs = this.#between(500, 10_000)
    const direction = this.#random.next() < 0.5 ? 'up' : 'down'
    if (fault === 'oneWayPartition') {
      network.block(link, direction)
      time.after(lastsMs, () => network.unblock(link, direction))
    } else if (fault === 'delay') {
      const extraMs = this.#between(50, 1_500)
      link[direction].latencyMs += extraMs
      time.after(
        lastsMs,
        () => (link[direction].latencyMs = Math.max(0.5, link[direction].latencyMs - extraMs)),
      )
    } else {
      link.down.bytesPerSecond = this.#between(300, 4_000)
      time.after(lastsMs, () => (link.down.bytesPerSecond = Infinity))
    }
  }

  /** One node is cut off from all clients, both ways. */
  #partition(): void {
    const { network, time, faults } = this.#targets
    const node = this.#someNode()
    if (node === undefined) return
    faults.add('partition')
    const links = new Set(network.connectionsOf({ address: node.address }).map(({ link }) => link))
    const lastsMs = this.#between(300, 8_000)
    for (const link of links) {
      for (const direction of ['up', 'down'] as const) {
        network.block(link, direction)
        time.after(lastsMs, () => network.unblock(link, direction))
      }
    }
  }

  #hitNode(
    fault: 'crash' | 'powerLoss' | 'crashAfterCommit' | 'crashAfterAck' | 'gracefulStop' | 'clockSkew',
  ): void {
    const { time, faults } = this.#targets
    const node = this.#someNode()
    if (node === undefined) return
    if (fault === 'clockSkew') {
      node.skew(this.#skewMs())
      return faults.add('clockSkew')
    }
    if (fault === 'crashAfterCommit') node.setTrap('afterCommit')
    else if (fault === 'crashAfterAck') node.setTrap('afterAck')
    else if (fault === 'gracefulStop') node.stopGracefully()
    else {
      node.crash(fault === 'crash')
      faults.add(fault)
    }
    // A trap or a graceful stop needs its time; whoever is down by then comes back.
    time.after(this.#between(200, 5_000), () => node.start())
    time.after(9_000, () => node.start())
  }

  #spoilStore(fault: 'storeAway' | 'storeDelay' | 'indeterminate' | 'delayedVisibility'): void {
    const { conditions, time, faults } = this.#targets
    const lastsMs = this.#between(100, 5_000)
    if (fault === 'storeAway') {
      conditions.away = true
      time.after(lastsMs, () => (conditions.away = false))
    } else if (fault === 'storeDelay') {
      faults.add('storeDelay')
      conditions.extraDelayMs = this.#between(20, 2_000)
      time.after(lastsMs, () => (conditions.extraDelayMs = 0))
    } else if (fault === 'delayedVisibility') {
      conditions.hiddenShare = 0.5
      time.after(lastsMs, () => (conditions.hiddenShare = 0))
    } else {
      conditions.indeterminateCommitted = 0.4
      conditions.indeterminateNotCommitted = 0.2
      time.after(lastsMs, () => {
        conditions.indeterminateCommitted = 0
        conditions.indeterminateNotCommitted = 0
      })
    }
  }

  #someConnection(): SimConnection | undefined {
    const open = this.#targets.network.connectionsOf({}).filter(({ clientOpen }) => clientOpen)
    return open[randomInt(this.#random, open.length)]
  }

  #someNode(): SimNode | undefined {
    const up = this.#targets.nodes.filter((node) => node.up)
    return up[randomInt(this.#random, up.length)]
  }

  #between = (from: number, to: number): number => from + this.#random.next() * (to - from)

  #skewMs(): number {
    return Math.round((this.#random.next() * 2 - 1) * MAX_SKEW_MS)
  }
}
