import { unreachable } from '@skein/core'
import { SLOW_WAYS, type SimNode, type SlowWay } from '../sim-node.ts'
import type { FaultDice } from './fault-dice.ts'

export const NODE_FAULTS = [
  'crash',
  'powerLoss',
  'crashAfterCommit',
  'crashAfterAck',
  'gracefulStop',
  'clockSkew',
  'clockOff',
  'pause',
  'drain',
  'slow',
  'flapping',
] as const

export type NodeFault = (typeof NODE_FAULTS)[number]

const MAX_SKEW_MS = 20_000
/** More than a cluster bears. */
const CLOCK_OFF_MS = 90_000
const DRAIN_MS = { least: 500, most: 6_000 }

export function strikeNode(fault: NodeFault, dice: FaultDice): void {
  const { time, faults } = dice.targets
  const node = dice.someNode()
  if (node === undefined) return
  switch (fault) {
    case 'clockSkew':
      node.skew(skewMs(dice))
      return faults.add('clockSkew')
    case 'clockOff':
      node.skew(dice.chance(0.5) ? CLOCK_OFF_MS : -CLOCK_OFF_MS)
      dice.later(1_000, 10_000, () => node.skew(0))
      return faults.add('clockOff')
    case 'slow':
      return slowDown(dice, node)
    case 'flapping':
      return void flap(dice, node, dice.one(FLAPS) ?? 'crash', 1 + Math.floor(dice.between(1, 5)))
    case 'pause':
      return node.pause(dice.chance(0.5) ? 10_000 : dice.between(200, 9_000))
    case 'crash':
    case 'powerLoss':
      node.crash(fault === 'crash')
      faults.add(fault)
      break
    case 'crashAfterCommit':
      node.setTrap('afterCommit')
      break
    case 'crashAfterAck':
      node.setTrap('afterAck')
      break
    case 'gracefulStop':
      void node.stopGracefully()
      break
    case 'drain':
      if (dice.chance(0.5)) return void node.orderDrain(drainMs(dice))
      void node.drain(drainMs(dice))
      break
    default:
      return unreachable(fault)
  }
  // Whatever needs its time: who is down by then comes back.
  dice.later(200, 5_000, () => node.start())
  time.after(9_000, () => node.start())
  time.after(15_000, () => node.start())
}

/** Below and above what counts as slow: a call of 4 s is, and a client hears nothing for 3 s and goes. */
const SLOW_MS: Readonly<Record<SlowWay, { readonly least: number; readonly most: number }>> = {
  slowAnswers: { least: 100, most: 2_500 },
  slowCommits: { least: 200, most: 6_000 },
  slowLink: { least: 100, most: 1_500 },
}

/** For a while, in one of the ways. */
export function slowDown(dice: FaultDice, node: SimNode, lastsMs = dice.between(1_000, 10_000)): void {
  const way = dice.one(SLOW_WAYS) ?? 'slowAnswers'
  const { least, most } = SLOW_MS[way]
  node.slow(way, dice.between(least, most))
  dice.targets.time.after(lastsMs, () => node.quicken())
}

export const FLAPS = ['crash', 'pause'] as const

/** Gone and back, several times in short turns: well for too short a time to be trusted. */
export async function flap(
  dice: FaultDice,
  node: SimNode,
  how: (typeof FLAPS)[number],
  turns: number,
): Promise<void> {
  const { faults, time } = dice.targets
  faults.add('flapping')
  for (let turn = 0; turn < turns && !dice.stopped; turn++) {
    const goneMs = dice.between(200, how === 'crash' ? 1_500 : 6_000)
    if (how === 'pause') node.pause(goneMs)
    else {
      node.crash(true)
      faults.add('crash')
    }
    await time.sleep(goneMs)
    node.start()
    await time.sleep(dice.between(300, 2_500))
  }
}

export const skewMs = (dice: FaultDice): number => Math.round(dice.between(-MAX_SKEW_MS, MAX_SKEW_MS))

const drainMs = (dice: FaultDice): number => Math.round(dice.between(DRAIN_MS.least, DRAIN_MS.most))

/** Every node drains and starts anew, one after the other: a deploy in the middle of everything else. */
export async function rollingRestart(dice: FaultDice, nodes: readonly SimNode[]): Promise<void> {
  dice.targets.faults.add('rollingRestart')
  for (const node of nodes) {
    if (dice.stopped || !node.up) continue
    await Promise.race([node.drain(drainMs(dice)), dice.targets.time.sleep(12_000)])
    node.start()
    await dice.targets.time.sleep(dice.between(500, 3_000))
  }
}
