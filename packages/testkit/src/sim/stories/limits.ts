import type { FaultDice } from '../faults/fault-dice.ts'
import type { World } from '../world.ts'
import { LIMIT_SLACK_MS, TAIL_DELIVERY_MS, USUAL_COMMIT_MS } from './bounds.ts'
import { settledWithin, whenAllIsWell, type Story } from './story.ts'

const MOST_SAID = 50
/** Each node has seen how many share the limits, and has forgotten what it admitted when it thought it was alone. */
const KNOWN_MS = 5_000
/** Whoever was refused last comes back after this at most, and a bit of leased quota is lost. */
const COME_BACK_MS = 20_000

/** P6: users want more than they may. They get just that, all of it in the end, and nobody is disconnected for it. */
export const limits: Story = async (world, dice) => {
  const { service, workload, scenario, time, tabs } = world
  const { user, device } = scenario.limits?.limits.messages ?? {}
  if (user === undefined || device === undefined) return
  await whenAllIsWell(world)
  workload.rests = true
  await time.sleep(KNOWN_MS)
  service.promiseDelivery(TAIL_DELIVERY_MS)
  const why = scenario.limits?.isShared === true ? 'the limits are shared' : 'each node has its part'
  const online = service.promiseConnections('P6', 0, why)
  const terms = { ...user, slackMs: LIMIT_SLACK_MS + USUAL_COMMIT_MS, why }
  // A part of one that is no whole number is one more on each node.
  const held = service.promiseLimit(() => ({ ...terms, burst: user.burst + scenario.nodes }))
  breakSometime(world, dice)
  const said = new Map<string, number>()
  for (let turns = 5 + Math.floor(dice.between(0, 8)); turns > 0; turns--) {
    const tab = dice.one(tabs.live)
    if (tab === undefined) break
    const count = 5 + Math.floor(dice.between(0, MOST_SAID))
    said.set(tab.user, (said.get(tab.user) ?? 0) + count)
    workload.burst(tab, count)
    await time.sleep(dice.between(50, 1_500))
  }
  const partPerSecond = Math.min(user.perSecond, device.perSecond) / scenario.nodes
  const boundMs = COME_BACK_MS + (1_500 * Math.max(0, ...said.values())) / partPerSecond
  service.recovered(await settledWithin(world, boundMs, `after too much was said; ${why}`))
  workload.rests = false
  for (const end of [online, held]) end()
}

/** What counts for all is away for a while, perhaps twice. */
function breakSometime({ limits: shared, time }: World, dice: FaultDice): void {
  for (let left = Math.floor(dice.between(0, 3)); left > 0; left--) {
    const fromMs = dice.between(0, 8_000)
    time.after(fromMs, () => shared.break(dice.chance(0.5) ? 'away' : 'hung'))
    time.after(fromMs + dice.between(200, 5_000), () => shared.heal())
  }
}
