import type { FaultDice } from '../faults/fault-dice.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'
import { BACK_MS, DEATH_DELIVERY_MS, SILENCE_MS, SILENT_BACK_MS, SILENT_DELIVERY_MS } from './bounds.ts'
import { isReady, until, whenAllIsWell, type Story } from './story.ts'

const PAUSE_MS = 10_000
const RESTART_MS = 20_000

/** P5: one node after the other dies, loudly or silently. Its clients are live elsewhere, soon. */
export const death: Story = async (world, dice) => {
  const { service, time, scenario } = world
  await whenAllIsWell(world)
  const loud = dice.chance(0.5)
  service.promiseDelivery(loud ? DEATH_DELIVERY_MS : SILENT_DELIVERY_MS)
  const over = service.promiseConnections(
    'P5',
    loud ? BACK_MS : SILENT_BACK_MS,
    'one node is gone, the others are well',
  )
  // A bus that swallows the hints of all costs no more than the log's tail.
  if (dice.chance(0.3)) Object.assign(world.bus.conditions, { lastHintLossShare: 1 })
  for (let deaths = 1 + Number(dice.chance(0.5)); deaths > 0; deaths--) {
    const node = dice.one(world.nodes.filter(isReady))
    if (node === undefined) break
    if (loud) await crash(world, dice, node)
    else await fallSilent(world, dice, node, scenario.access === 'direct')
    if (!(await until(world, RESTART_MS, () => isReady(node))))
      throw new Error(`${node.name} is not ready ${RESTART_MS} ms after it came back`)
    // One death at a time: all have noticed by then.
    await time.sleep(dice.between(1_000, 5_000) + (loud ? 0 : SILENCE_MS))
  }
  over()
}

async function crash({ time, faults }: World, dice: FaultDice, node: SimNode): Promise<void> {
  node.crash(true)
  faults.add('crash')
  await time.sleep(dice.between(200, 6_000))
  node.start()
}

/** A proxy in front of the nodes does not stand between them and the network's faults. */
async function fallSilent(world: World, dice: FaultDice, node: SimNode, direct: boolean): Promise<void> {
  const { time, network, faults } = world
  switch (
    dice.one(direct ? (['pause', 'powerLoss', 'cutOff'] as const) : (['pause', 'powerLoss'] as const))
  ) {
    case 'pause':
      node.pause(PAUSE_MS)
      return time.sleep(PAUSE_MS + SILENCE_MS)
    case 'cutOff':
      faults.add('cutOff')
      network.cutOff(node.address, dice.one([['up'], ['down'], ['up', 'down']] as const) ?? ['up'])
      await time.sleep(SILENCE_MS)
      return network.rejoin(node.address)
    default:
      node.crash(false)
      faults.add('powerLoss')
      await time.sleep(dice.between(500, SILENCE_MS))
      return node.start()
  }
}
