import { spoilHints } from '../faults/cluster-faults.ts'
import type { FaultDice } from '../faults/fault-dice.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'
import { TAIL_DELIVERY_MS } from './bounds.ts'
import { isReady, until, whenAllIsWell, type Story } from './story.ts'

const WINDOW_MS = { least: 2_000, most: 8_000 }
const RESTART_MS = 20_000
const SEEN_WITHIN_MS = 2_000
/** What a new node needs to get its share of so few clients. */
const REBALANCE_MS = 20_000

const windowMs = (dice: FaultDice): number => Math.round(dice.between(WINDOW_MS.least, WINDOW_MS.most))

/** P7: nodes are deployed, added, taken away; hints may be lost meanwhile. No client sees any of it. */
export const deploy: Story = async (world, dice) => {
  const { service, scenario, time, faults } = world
  await whenAllIsWell(world)
  service.promiseDelivery(TAIL_DELIVERY_MS)
  const over = service.promiseConnections('P7', 0, 'nodes are deployed, nothing fails')
  const before = {
    connects: world.network.connects,
    welcomed: world.welcomed,
    asked: world.migrations - world.leaving,
    drains: faults.counts.drain,
  }
  if (dice.chance(0.5)) spoilHints(dice)
  if (scenario.spares > 0) {
    faults.add('scaleOut')
    for (const node of world.nodes) node.start()
    await time.sleep(REBALANCE_MS)
  }
  if (dice.chance(0.3)) await scaleIn(world, dice)
  else await rollOut(world, dice)
  await time.sleep(2_000)
  over()
  service.moved({
    connects: world.network.connects - before.connects,
    welcomed: world.welcomed - before.welcomed,
    asked: world.migrations - before.asked,
    // Each at most once per node that leaves, and once more for the balance.
    mostAsked: world.tabs.live.length * (faults.counts.drain - before.drains + 1),
    why: 'nodes are deployed, nothing fails',
  })
}

async function rollOut(world: World, dice: FaultDice): Promise<void> {
  world.faults.add('rollingRestart')
  for (const node of world.nodes) {
    if (dice.chance(0.5)) await ordered(world, dice, node)
    else await node.drain(windowMs(dice))
    node.start()
    if (!(await until(world, RESTART_MS, () => isReady(node))))
      throw new Error(`${node.name} is not ready ${RESTART_MS} ms after its restart`)
    await world.time.sleep(dice.between(0, 3_000))
  }
}

/** An operator drains it, and the supervisor has a new process then. */
async function ordered(world: World, dice: FaultDice, node: SimNode): Promise<void> {
  const { id } = node
  // It is refused while the node has not seen yet that the one before is back.
  const begun = await until(world, SEEN_WITHIN_MS, () => node.orderDrain(windowMs(dice)))
  if (!begun) throw new Error(`${node.name} may not drain though all others are ready`)
  if (!(await until(world, RESTART_MS, () => node.id !== id)))
    throw new Error(`${node.name} has not ended ${RESTART_MS} ms after its drain was ordered`)
}

async function scaleIn({ faults, nodes, time }: World, dice: FaultDice): Promise<void> {
  const node = dice.one(nodes)
  faults.add('scaleIn')
  await node?.drain(windowMs(dice))
  await time.sleep(5_000)
}
