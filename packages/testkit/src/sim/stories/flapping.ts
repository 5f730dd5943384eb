import { flap, FLAPS } from '../faults/node-faults.ts'
import {
  FLAP_BACK_MS,
  READY_AGAIN_WITHIN_MS,
  SILENCE_MS,
  SILENT_BACK_MS,
  SILENT_DELIVERY_MS,
} from './bounds.ts'
import { isReady, whenAllIsWell, type Story } from './story.ts'

/** P5, P8: one node dies and comes back, again and again. Nobody is worse off for it than by one death at a time. */
export const flapping: Story = async (world, dice) => {
  const { service, nodes, time } = world
  await whenAllIsWell(world)
  service.watchHealth(nodes)
  const how = dice.one(FLAPS) ?? 'crash'
  const why = `one node comes and goes (${how}), the others are well`
  service.promiseDelivery(SILENT_DELIVERY_MS)
  const over = service.promiseConnections('P5', how === 'crash' ? FLAP_BACK_MS : SILENT_BACK_MS, why)
  const node = dice.one(nodes.filter(isReady))
  if (node === undefined) return
  const stay = nodes
    .filter((other) => other !== node && other.up)
    .map(({ name }) => service.promiseHealth(name, 'beReady', 0, why))
  await flap(dice, node, how, 3 + Math.floor(dice.between(0, 4)))
  if (how === 'pause') await time.sleep(SILENCE_MS)
  const again = service.promiseHealth(node.name, 'beReady', READY_AGAIN_WITHIN_MS, 'it stays up now')
  await time.sleep(READY_AGAIN_WITHIN_MS + 2_000)
  for (const end of [...stay, over, again]) end()
}
