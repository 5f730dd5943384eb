import { READY_AGAIN_WITHIN_MS, TAIL_DELIVERY_MS, UNREADY_WITHIN_MS } from './bounds.ts'
import { whenAllIsWell, type Story } from './story.ts'

const HOLE_MS = UNREADY_WITHIN_MS + 8_000

/** P8: one node's path to the others swallows everything. It knows, the others stay, and clients notice nothing. */
export const silence: Story = async (world, dice) => {
  const { service, nodes, bus, time } = world
  await whenAllIsWell(world)
  service.watchHealth(nodes)
  service.sendsMustNotFail = true
  service.promiseDelivery(TAIL_DELIVERY_MS)
  const over = service.promiseConnections('P8', 0, 'one node’s path to the others fails')
  const up = nodes.filter((node) => node.up)
  const lonely = dice.one(up)
  if (lonely === undefined) return
  const othersStay = up
    .filter((node) => node !== lonely)
    .map(({ name }) =>
      service.promiseHealth(name, 'beReady', 0, `the path of ${lonely.name} fails, not its own`),
    )
  const direction = dice.one(['in', 'out', 'both'] as const) ?? 'both'
  const unready = service.promiseHealth(
    lonely.name,
    'beUnready',
    UNREADY_WITHIN_MS,
    `its path fails (${direction})`,
  )
  bus.blackHole(lonely.name, direction)
  await time.sleep(HOLE_MS)
  unready()
  bus.heal(lonely.name)
  const again = service.promiseHealth(lonely.name, 'beReady', READY_AGAIN_WITHIN_MS, 'its path works again')
  await time.sleep(READY_AGAIN_WITHIN_MS + 3_000)
  for (const end of [again, ...othersStay, over]) end()
}
