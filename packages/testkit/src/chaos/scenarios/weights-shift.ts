import type { BedNode } from '../../cluster-bed/bed-node.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import type { RealHaproxy } from '../../proxies/real-haproxy.ts'
import { Arrivals } from '../arrivals.ts'
import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'

/** Somebody else has the node's processor for so long, again and again; as long it has it itself. */
const STOLEN_MS = 150
const LESS = 0.6
const SHIFTED_MS = 5_000
const BUSY_MS = 5_000
const BACK = 0.8
const BACK_MS = 15_000
const ARRIVALS_PER_SECOND = 40
/** Of a fair share, while the node is busy. */
const MOST_PICKED = 0.7

export const weightsShift: Scenario = {
  name: 'weights-shift',
  about: 'a node behind a HAProxy gets half of its processor, and gets fewer clients for that',
  proxies: [{ kind: 'haproxy', zone: 'a' }],
  expect: [gapsWithin(1_000)],
  async play(stage) {
    const [edge] = stage.bed.proxies
    const haproxy = edge?.driven.haproxy
    if (edge === undefined || haproxy === undefined) return
    const arrivals = new Arrivals(edge.url, ARRIVALS_PER_SECOND)
    try {
      await stage.pass(3_000)
      await shift(stage, haproxy, stage.anyNode())
    } finally {
      arrivals.stop()
    }
    const lost = arrivals.seen.filter(({ tookMs }) => tookMs === Infinity).length
    stage.check(`everybody who came was let in, ${lost} were not`, lost === 0)
  },
}

async function shift(stage: Stage, haproxy: RealHaproxy, node: BedNode): Promise<void> {
  const isLess = async (): Promise<boolean> => (await relativeWeight(haproxy, node.name)) <= LESS
  stage.fault(`${node.name} has half of its processor`)
  const shiftedMs = await stage.until(
    `its weight is at most ${LESS} of the others'`,
    SHIFTED_MS,
    async () => {
      await steal(stage, node)
      return isLess()
    },
  )
  stage.measured('shiftedMs', shiftedMs)
  const before = await haproxy.picked()
  const untilMs = nowMs() + BUSY_MS
  while (nowMs() < untilMs) await steal(stage, node)
  const after = await haproxy.picked()
  const picked = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0)
  const all = [...after.keys()].reduce((sum, name) => sum + picked(name), 0)
  const share = (picked(node.name) / all) * after.size
  stage.measured('percentOfFairShare', 100 * share)
  stage.check(`it is given less than ${MOST_PICKED} of a fair share`, share < MOST_PICKED)
  stage.say(`${node.name} has its processor again`)
  const backMs = await stage.until(
    `its weight is ${BACK} of the others' again`,
    BACK_MS,
    async () => (await relativeWeight(haproxy, node.name)) >= BACK,
  )
  stage.measured('backMs', backMs)
}

/** It stands still for a moment, and then goes on for as long. */
export async function steal(stage: Stage, node: BedNode): Promise<void> {
  node.pause()
  try {
    await stage.pass(STOLEN_MS)
  } finally {
    node.resume()
  }
  await stage.pass(STOLEN_MS)
}

/** To the mean of the others. 1 while nothing is known. */
export async function relativeWeight(haproxy: RealHaproxy, name: string): Promise<number> {
  const weights = await haproxy.weights()
  const own = weights.get(name)
  const others = [...weights].filter(([node]) => node !== name).map(([, weight]) => weight)
  if (own === undefined || others.length === 0) return 1
  return own / (others.reduce((sum, weight) => sum + weight, 0) / others.length)
}
