import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'
import { TAIL_DELIVERY_MS } from './bounds.ts'
import { isReady, settledWithin, whenAllIsWell, type Story } from './story.ts'

/** Less than this in 100 ms of the node is no crowd, whose size this has to be for the burst to be one. */
const CAPACITY_PER_SECOND = 300
const STEP_MS = 50
/** Less than what admission takes to change its mind. */
const LOOK_MS = 20
/** The last who were turned away come back, and admission opens again. */
const COME_BACK_MS = 15_000

/** P6: for a while several times as much is said as the database takes. Who is not served is told when to come back. */
export const overload: Story = async (world, dice) => {
  const { service, workload, conditions, tabs, time, nodes } = world
  await whenAllIsWell(world)
  workload.rests = true
  service.watchHealth(nodes)
  service.promiseDelivery(TAIL_DELIVERY_MS)
  const why = 'too much was said'
  const over = service.promiseConnections('P6', 0, why)
  const stay = nodes.map(({ name }) => service.promiseHealth(name, 'beReady', 0, why))
  conditions.entriesPerSecond = CAPACITY_PER_SECOND
  const times = dice.between(2, 5)
  const lastsMs = dice.between(700, 1_300)
  for (const node of nodes) watchAdmission(world, node, time.nowMs + 2 * lastsMs)
  const perStep = Math.ceil((times * CAPACITY_PER_SECOND * STEP_MS) / 1_000 / tabs.live.length)
  let said = 0
  for (let leftMs = lastsMs; leftMs > 0; leftMs -= STEP_MS) {
    for (const tab of tabs.live) workload.burst(tab, perStep)
    said += perStep * tabs.live.length
    const typist = dice.one(tabs.live)
    if (typist !== undefined) workload.type(typist)
    await time.sleep(STEP_MS)
  }
  const boundMs = COME_BACK_MS + (2_000 * said) / CAPACITY_PER_SECOND
  service.recovered(await settledWithin(world, boundMs, why, () => nodes.every(isReady)))
  workload.rests = false
  for (const end of [over, ...stay]) end()
}

/** When sends are turned away at two moments that are close together, so they were in between. */
function watchAdmission(world: World, node: SimNode, untilMs: number, shutAtMs?: number): void {
  const { time, service } = world
  const isShut = turnsSendsAway(node)
  if (isShut && shutAtMs !== undefined) service.softWasShut({ fromMs: shutAtMs, toMs: time.nowMs })
  if (time.nowMs >= untilMs) return
  const nowMs = isShut ? time.nowMs : undefined
  time.after(LOOK_MS, () => watchAdmission(world, node, untilMs, nowMs))
}

/** As an operator reads it. */
const turnsSendsAway = ({ guards }: SimNode): boolean =>
  guards.find(({ name }) => name === 'admission')?.reason?.includes('% of existing') === true
