import type { FaultDice } from '../faults/fault-dice.ts'
import type { Recovery } from '../../history/service.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'
import { CLUSTER_START_MS } from './bounds.ts'

/** What happens in a run; resolves when it is over. What it promises it tells the world's service log. */
export type Story = (world: World, dice: FaultDice) => Promise<void>

const LOOK_MS = 50

/** False: it did not come true in time. */
export async function until({ time }: World, withinMs: number, isSo: () => boolean): Promise<boolean> {
  const endMs = time.nowMs + withinMs
  while (!isSo()) {
    if (time.nowMs >= endMs) return false
    await time.sleep(LOOK_MS)
  }
  return true
}

/** Until everybody is online and everything that was said is told; nobody says more meanwhile. */
export async function settledWithin(
  world: World,
  boundMs: number,
  why: string,
  isWell: () => boolean = () => true,
): Promise<Recovery> {
  const { time, tabs, recorder } = world
  const fromMs = time.nowMs
  const settled = await until(world, boundMs, () => recorder.unsettled() === 0 && tabs.settled() && isWell())
  return { tookMs: settled ? time.nowMs - fromMs : undefined, boundMs, why }
}

export const isReady = (node: SimNode): boolean => node.health?.ready === true

/** Nodes that were started serve and everybody is online: from here on a story can promise something. */
export async function whenAllIsWell(world: World): Promise<void> {
  const { nodes, tabs, time } = world
  await time.sleep(CLUSTER_START_MS)
  const well = await until(
    world,
    CLUSTER_START_MS,
    () => nodes.every((node) => !node.up || isReady(node)) && tabs.settled(),
  )
  if (!well) throw new Error('nothing was broken, and yet not all nodes are ready and all clients online')
}
