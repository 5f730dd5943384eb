import { slowDown } from '../faults/node-faults.ts'
import { READY_AGAIN_WITHIN_MS, SILENT_BACK_MS, SILENT_DELIVERY_MS } from './bounds.ts'
import { isReady, whenAllIsWell, type Story } from './story.ts'

const SLOW_MS = { least: 6_000, most: 15_000 }

/** P5, P8: one node takes its time over everything. Clients are served, or go; the others stay what they are. */
export const slow: Story = async (world, dice) => {
  const { service, nodes, time } = world
  await whenAllIsWell(world)
  service.watchHealth(nodes)
  // Who stays there is told late, who finds it silent goes: what is slow takes 6 s at most, and an event passes it twice.
  service.promiseDelivery(SILENT_DELIVERY_MS)
  const why = 'one node is slow, the others are well'
  const over = service.promiseConnections('P5', SILENT_BACK_MS, why)
  const node = dice.one(nodes.filter(isReady))
  if (node === undefined) return
  const stay = nodes
    .filter((other) => other !== node && other.up)
    .map(({ name }) => service.promiseHealth(name, 'beReady', 0, why))
  const lastsMs = dice.between(SLOW_MS.least, SLOW_MS.most)
  slowDown(dice, node, lastsMs)
  await time.sleep(lastsMs)
  const again = service.promiseHealth(node.name, 'beReady', READY_AGAIN_WITHIN_MS, 'it is quick again')
  await time.sleep(READY_AGAIN_WITHIN_MS + 2_000)
  for (const end of [...stay, over, again]) end()
}
