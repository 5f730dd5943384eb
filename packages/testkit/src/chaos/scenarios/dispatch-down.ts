import type { BedEdge } from '../../cluster-bed/bed-edge.ts'
import type { Scenario } from '../scenario.ts'
import { gapsWithin } from '../expectations.ts'

const NEWCOMERS = 5
/** A newcomer without a list begins with its own address after 2.5 s. */
const JOINED_MS = 8_000
/** Two looks at the way home, and the spread of those who take it; both quicker here than in life. */
const HOME_MS = 18_000
const HOME_SHARE = 0.8

export const dispatchDown: Scenario = {
  name: 'dispatch-down',
  about: 'all mirrors of the list of endpoints are dead; then the near edge dies, and comes back',
  edges: [{ zone: 'a' }, { zone: 'b' }],
  mirrors: 2,
  env: { SKEIN_DISPATCH_TTL_MS: '1000' },
  expect: [gapsWithin(5_000)],
  async play(stage) {
    const [near, far] = stage.bed.edges
    const [hanging, cutting] = stage.bed.mirrors
    if (near === undefined || far === undefined || hanging === undefined || cutting === undefined) return
    await stage.pass(2_000)
    const at = async (edge: BedEdge): Promise<number> => (await stage.talk.where()).byUrl[edge.url] ?? 0
    const atHome = await at(near)
    const elsewhere = await at(far)
    stage.check(
      `clients begin at home, ${elsewhere} did not`,
      elsewhere <= (atHome + elsewhere) * (1 - HOME_SHARE),
    )
    stage.fault('one mirror hangs, the other cuts')
    hanging.mood = { is: 'hanging' }
    cutting.mood = { is: 'cutting' }
    await stage.pass(1_000)
    stage.fault('the edge in zone a dies', 'all')
    await near.stop()
    await stage.until('everybody is on the edge in zone b', 6_000, async () => (await at(far)) >= atHome)
    const cached = { count: NEWCOMERS, cached: true, urls: [], withinMs: JOINED_MS }
    const withList = await stage.talk.join(cached)
    stage.check(`newcomers who kept a list connect, ${withList} of ${NEWCOMERS} did`, withList === NEWCOMERS)
    const withUrl = await stage.talk.join({ ...cached, cached: false, urls: [far.url] })
    stage.check(
      `newcomers who know an address connect, ${withUrl} of ${NEWCOMERS} did`,
      withUrl === NEWCOMERS,
    )
    stage.say('the edge in zone a is back; the mirrors are not')
    await near.start()
    const homeMs = await stage.until(
      `most are home again`,
      HOME_MS,
      async () => (await at(near)) >= atHome * HOME_SHARE,
    )
    stage.measured('homeMs', homeMs)
    stage.measured('atHome', await at(near))
    await stage.pass(1_000)
  },
  judge(stage, { warnings }) {
    const warned = Object.entries(warnings).filter(([words]) => words.startsWith('dispatchUnreachable'))
    stage.check('clients warn that no list is to be had', warned.length > 0)
  },
}
