import { BAD_MOODS } from '../dispatch/sim-mirror.ts'
import { MIRRORS } from '../dispatch/sim-dispatch.ts'
import type { FaultDice } from '../faults/fault-dice.ts'
import type { World } from '../world.ts'
import { BACK_MS, DEATH_DELIVERY_MS, LISTED_WITHIN_MS } from './bounds.ts'
import { isReady, until, whenAllIsWell, type Story } from './story.ts'

const RESTART_MS = 20_000

/**
 * P5: where clients connect is a list, and mirrors of it die, hang, grow old and lie, while nodes die and come.
 * Who has a list is back as fast as ever; who has none gets one, from whoever is left; nobody believes a lie.
 */
export const lists: Story = async (world, dice) => {
  const { service, time, nodes, tabs, scenario, faults } = world
  await whenAllIsWell(world)
  service.promiseDelivery(DEATH_DELIVERY_MS)
  const over = service.promiseConnections('P5', BACK_MS, 'one node is gone and mirrors of the list are bad')
  for (let turns = 2 + Math.floor(dice.between(0, 2)); turns > 0; turns--) {
    spoilMirrors(world, dice)
    const node = dice.one(nodes.filter(isReady))
    if (node === undefined) break
    node.crash(true)
    faults.add('crash')
    await time.sleep(dice.between(500, 4_000))
    await newcomer(world, dice)
    node.start()
    if (!(await until(world, RESTART_MS, () => isReady(node))))
      throw new Error(`${node.name} is not ready ${RESTART_MS} ms after it came back`)
    for (const spare of nodes) if (!spare.up && dice.chance(0.5)) spare.start()
    await time.sleep(dice.between(3_000, 6_000))
    world.dispatch?.heal()
  }
  over()
  if (!(await until(world, LISTED_WITHIN_MS, () => tabs.settled())))
    throw new Error(`not all of ${scenario.users.length} users are online though every mirror is well`)
}

/** One or both; the nodes themselves are asked, too. */
function spoilMirrors({ dispatch }: World, dice: FaultDice): void {
  for (const mirror of MIRRORS)
    if (dice.chance(0.8))
      dispatch?.set(mirror, dice.chance(0.5) ? 'forging' : (dice.one(BAD_MOODS) ?? 'down'))
}

/** Who opens a tab now has a list from long ago, or none at all. */
async function newcomer(world: World, dice: FaultDice): Promise<void> {
  const { tabs, scenario, faults } = world
  if (dice.chance(0.3)) tabs.open(dice.one(scenario.users) ?? 'ann', dice.chance(0.5))
  else if (world.reload(true)) faults.add('reload')
  if (!(await until(world, LISTED_WITHIN_MS, () => tabs.settled())))
    throw new Error(
      `who opened a tab is not online within ${LISTED_WITHIN_MS} ms, with bad mirrors and good nodes`,
    )
}
