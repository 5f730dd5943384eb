import { unreachable } from '@skein/core'
import type { FaultDice } from './fault-dice.ts'

export const NETWORK_FAULTS = [
  'drop',
  'disconnect',
  'halfOpen',
  'linger',
  'delay',
  'slowConsumer',
  'oneWayPartition',
  'partition',
  'cutOff',
] as const

export type NetworkFault = (typeof NETWORK_FAULTS)[number]

export function strikeNetwork(fault: NetworkFault, dice: FaultDice): void {
  switch (fault) {
    case 'drop':
    case 'disconnect':
    case 'halfOpen':
    case 'linger':
      return breakConnection(fault, dice)
    case 'delay':
    case 'slowConsumer':
    case 'oneWayPartition':
      return spoilLink(fault, dice)
    case 'partition':
      return partition(dice)
    case 'cutOff':
      return cutOff(dice)
    default:
      return unreachable(fault)
  }
}

function breakConnection(fault: 'drop' | 'disconnect' | 'halfOpen' | 'linger', dice: FaultDice): void {
  const connection = dice.someConnection()
  if (connection === undefined) return
  switch (fault) {
    case 'drop':
      connection.drop()
      return dice.targets.faults.add('drop')
    case 'disconnect':
      connection.disconnect()
      return dice.targets.faults.add('disconnect')
    case 'halfOpen':
      connection.blackHole()
      return dice.targets.faults.add('halfOpen')
    case 'linger':
      // Whether a duplicate or a reordering comes of it, the network sees when the frames arrive.
      return connection.linger(dice.between(300, 9_000))
  }
}

function spoilLink(fault: 'delay' | 'slowConsumer' | 'oneWayPartition', dice: FaultDice): void {
  const link = dice.someConnection()?.link
  if (link === undefined) return
  const { network, time, faults } = dice.targets
  faults.add(fault)
  const lastsMs = dice.between(500, 10_000)
  const direction = dice.chance(0.5) ? 'up' : 'down'
  if (fault === 'oneWayPartition') {
    network.block(link, direction)
    time.after(lastsMs, () => network.unblock(link, direction))
  } else if (fault === 'delay') {
    const extraMs = dice.between(50, 1_500)
    link[direction].latencyMs += extraMs
    time.after(
      lastsMs,
      () => (link[direction].latencyMs = Math.max(0.5, link[direction].latencyMs - extraMs)),
    )
  } else {
    link.down.bytesPerSecond = dice.between(300, 4_000)
    time.after(lastsMs, () => (link.down.bytesPerSecond = Infinity))
  }
}

/** One node is cut off from the clients that it has, both ways; they may come back to it. */
function partition(dice: FaultDice): void {
  const { network, time, faults } = dice.targets
  const node = dice.someNode()
  if (node === undefined) return
  faults.add('partition')
  const links = new Set(network.connectionsOf({ address: node.address }).map(({ link }) => link))
  const lastsMs = dice.between(300, 8_000)
  for (const link of links) {
    for (const direction of ['up', 'down'] as const) {
      network.block(link, direction)
      time.after(lastsMs, () => network.unblock(link, direction))
    }
  }
}

/** Nothing comes to a node any more, or nothing from it, or both: for all clients, old and new. */
function cutOff(dice: FaultDice): void {
  const { network, faults } = dice.targets
  const node = dice.someNode()
  if (node === undefined) return
  faults.add('cutOff')
  network.cutOff(node.address, dice.one([['up'], ['down'], ['up', 'down']] as const) ?? ['up'])
  dice.later(500, 12_000, () => network.rejoin(node.address))
}
