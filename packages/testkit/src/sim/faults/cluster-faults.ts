import { unreachable } from '@skein/core'
import type { FaultDice } from './fault-dice.ts'
import { rollingRestart } from './node-faults.ts'

/** What only several nodes can suffer. */
export const CLUSTER_FAULTS = [
  'hints',
  'busDown',
  'busHung',
  'busBlackHole',
  'registry',
  'registryForgets',
  'rollingRestart',
  'scaleOut',
  'scaleIn',
  'limits',
  'dispatch',
] as const

export type ClusterFault = (typeof CLUSTER_FAULTS)[number]

export function strikeCluster(fault: ClusterFault, dice: FaultDice): void {
  const { bus, registry, nodes } = dice.targets
  switch (fault) {
    case 'hints':
      return spoilHints(dice)
    case 'busDown':
      bus.kill()
      return dice.later(300, 9_000, () => bus.serve())
    case 'busHung':
      bus.hang()
      return dice.later(300, 9_000, () => bus.serve())
    case 'busBlackHole': {
      const node = dice.someNode()
      if (node === undefined) return
      bus.blackHole(node.name, dice.one(['in', 'out', 'both'] as const) ?? 'both')
      return dice.later(1_000, 12_000, () => bus.heal(node.name))
    }
    case 'registry': {
      const host = dice.chance(0.5) ? undefined : dice.someNode()?.name
      registry.break(dice.one(['down', 'hung', 'frozen'] as const) ?? 'down', host)
      return dice.later(500, 9_000, () => registry.heal())
    }
    case 'limits':
      dice.targets.limits.break(dice.chance(0.5) ? 'away' : 'hung')
      return dice.later(500, 9_000, () => dice.targets.limits.heal())
    case 'dispatch': {
      const { dispatch } = dice.targets
      if (dispatch !== undefined) dice.later(500, 12_000, dispatch.spoil(dice.random))
      return
    }
    case 'registryForgets':
      return registry.forget()
    case 'rollingRestart':
      return void rollingRestart(dice, nodes)
    case 'scaleOut':
    case 'scaleIn':
      return scale(fault, dice)
    default:
      return unreachable(fault)
  }
}

/** Lost, the last of a burst lost, late, twice, in another order: each alone or all together. */
export function spoilHints(dice: FaultDice): void {
  const { conditions } = dice.targets.bus
  const share = (most: number): number => (dice.chance(0.5) ? most * dice.random.next() : 0)
  Object.assign(conditions, {
    lossShare: share(0.3),
    lastHintLossShare: share(0.8),
    lateShare: share(0.4),
    twiceShare: share(0.5),
    publishMs: share(400),
  })
  dice.later(1_000, 10_000, () => dice.targets.bus.calm())
}

function scale(fault: 'scaleOut' | 'scaleIn', dice: FaultDice): void {
  const { nodes, faults, time } = dice.targets
  if (fault === 'scaleOut') {
    const spare = nodes.find(({ up }) => !up)
    if (spare === undefined) return
    faults.add('scaleOut')
    return spare.start()
  }
  const node = dice.someNode()
  if (node === undefined || nodes.filter(({ up }) => up).length < 2) return
  faults.add('scaleIn')
  void node.drain(Math.round(dice.between(500, 4_000)))
  time.after(dice.between(8_000, 15_000), () => node.start())
}
