import type { World } from '../world.ts'
import { TAIL_DELIVERY_MS } from './bounds.ts'
import { whenAllIsWell, type Story } from './story.ts'

/** What breaks for all nodes alike. */
const FAULTS = [
  'busDown',
  'busHung',
  'registryDown',
  'registryHung',
  'registryFrozen',
  'registryForgets',
  'storeAway',
  'storeHung',
] as const

const MOST_MS = 12_000

/** P8, P5: what all depend on fails. Nobody is disconnected for it, no node calls itself unready, no send fails. */
export const shared: Story = async (world, dice) => {
  const { service, nodes, time } = world
  await whenAllIsWell(world)
  service.watchHealth(nodes)
  const fault = dice.one(FAULTS) ?? 'busDown'
  const lastsMs = dice.between(1_000, MOST_MS)
  // While the log cannot be read nothing arrives.
  service.promiseDelivery(
    TAIL_DELIVERY_MS + (fault === 'storeAway' || fault === 'storeHung' ? lastsMs + TAIL_DELIVERY_MS : 0),
  )
  const over = service.promiseConnections('P8', 0, `${fault} strikes all alike`)
  const stay = nodes
    .filter((node) => node.up)
    .map(({ name }) => service.promiseHealth(name, 'beReady', 0, `${fault} strikes all alike`))
  await strike(fault, lastsMs, world)
  await time.sleep(10_000 + dice.between(0, 3_000))
  for (const end of [...stay, over]) end()
}

async function strike(fault: (typeof FAULTS)[number], lastsMs: number, world: World): Promise<void> {
  const { bus, registry, conditions, time } = world
  switch (fault) {
    case 'busDown':
      bus.kill()
      break
    case 'busHung':
      bus.hang()
      break
    case 'registryDown':
      registry.break('down')
      break
    case 'registryHung':
      registry.break('hung')
      break
    case 'registryFrozen':
      registry.break('frozen')
      break
    case 'registryForgets':
      registry.forget()
      break
    case 'storeAway':
      conditions.away = true
      break
    case 'storeHung':
      conditions.hungUntilMs = time.nowMs + lastsMs
      break
  }
  await time.sleep(lastsMs)
  bus.serve()
  registry.heal()
  conditions.away = false
}
