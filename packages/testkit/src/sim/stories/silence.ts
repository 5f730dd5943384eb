import { EMPTY_WITHIN_MS, READY_AGAIN_WITHIN_MS, TAIL_DELIVERY_MS, UNREADY_WITHIN_MS } from './bounds.ts'
import { whenAllIsWell, type Story } from './story.ts'

const HOLE_MS = EMPTY_WITHIN_MS + 4_000

/** P8: one node's path to the others swallows everything. It knows, the others stay, and clients notice nothing. */
export const silence: Story = async (world, dice) => {
  const { service, nodes, bus, time, scenario, tabs } = world
  await whenAllIsWell(world)
  service.watchHealth(nodes)
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
  const why = `its path fails (${direction})`
  const unready = service.promiseHealth(lonely.name, 'beUnready', UNREADY_WITHIN_MS, why)
  const notChosen = service.promiseHealth(lonely.name, 'takeNobody', UNREADY_WITHIN_MS, why)
  const empty = service.promiseHealth(lonely.name, 'haveNoSessions', EMPTY_WITHIN_MS, why)
  bus.blackHole(lonely.name, direction)
  await time.sleep(UNREADY_WITHIN_MS + 1_000)
  // Who has several endpoints chooses by himself, and is served there too.
  if (scenario.access === 'front') for (const user of scenario.users) tabs.open(user)
  await time.sleep(HOLE_MS - UNREADY_WITHIN_MS)
  for (const end of [unready, notChosen, empty]) end()
  bus.heal(lonely.name)
  const again = service.promiseHealth(lonely.name, 'beReady', READY_AGAIN_WITHIN_MS, 'its path works again')
  await time.sleep(READY_AGAIN_WITHIN_MS + 3_000)
  for (const end of [again, ...othersStay, over]) end()
}
