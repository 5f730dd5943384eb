import type { EdgeEvent } from '@skein/edge'
import { nowMs } from '../../processes/shared-clock.ts'
import { Arrivals } from '../arrivals.ts'
import type { Scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'

/** Above what counts as slow, below what counts as no answer. */
const SLOW_MS = 3_500
const SLOW_FOR_MS = 7_000
const OUT_MS = 5_000
const ARRIVALS_PER_SECOND = 20
/** Five answers that took over 2 s, of a third of the arrivals; the rest is for a busy machine. */
const EJECTED_WITHIN_MS = 10_000
/** What is left of an ejection whose probe failed, and the next probe. */
const RETURNED_WITHIN_MS = 2 * OUT_MS + 4_000
/** The node still answers: only who waits for an answer of its own notices, while nothing else comes. */
const LEFT_SHARE = 1 / 3

export const nodeSlow: Scenario = {
  name: 'node-slow',
  about: `a node answers handshakes and talk ${SLOW_MS / 1_000} s late, and its health checks at once`,
  edges: [
    {
      zone: 'a',
      outlier: {
        baseMs: OUT_MS,
        rates: { windowMs: 4_000, minimumCalls: 5, failureShare: 0.5, slowMs: 2_000, slowShare: 0.5 },
      },
    },
  ],
  talk: { perSecond: 100 },
  expect: [],
  async play(stage) {
    const arrivals = new Arrivals(stage.edge.url, ARRIVALS_PER_SECOND)
    try {
      await slowDown(stage, arrivals)
    } finally {
      arrivals.stop()
    }
  },
}

async function slowDown(stage: Stage, arrivals: Arrivals): Promise<void> {
  const { edge } = stage
  await stage.pass(2_500)
  const node = stage.anyNode()
  const wereThere = (await stage.sessionsByNode()).get(node.name) ?? 0
  const isAbout = (event: EdgeEvent): boolean => 'id' in event && event.id === node.name
  const seen = (kind: EdgeEvent['kind']): boolean =>
    edge.events.some((event) => event.kind === kind && isAbout(event))
  stage.fault(`${node.name} answers ${SLOW_MS} ms late`)
  const slowAtMs = nowMs()
  node.links.clients.slow = { ms: SLOW_MS, opening: /^GET \/v1\/connect/ }
  const ejectedMs = await stage.until(`the edge ejects ${node.name}`, EJECTED_WITHIN_MS, () =>
    seen('ejected'),
  )
  stage.measured('ejectedMs', ejectedMs)
  const ejectedAtMs = nowMs()
  const pickedBefore = edge.picked(node.name)
  await stage.pass(Math.max(2_500, slowAtMs + SLOW_FOR_MS - nowMs()))
  const left = wereThere - ((await stage.sessionsByNode()).get(node.name) ?? 0)
  const probes = edge.events.filter((event) => event.kind === 'probing' && isAbout(event)).length
  const picked = edge.picked(node.name) - pickedBefore
  stage.measured('pickedWhileOut', picked)
  stage.measured('sessionsLeft', left)
  stage.check(`new connections go elsewhere: ${picked} did not, beside ${probes} probes`, picked <= probes)
  stage.check(
    `of ${wereThere} clients a third at least is elsewhere, ${left} are`,
    left >= wereThere * LEFT_SHARE,
  )
  const late = arrivals.between(ejectedAtMs, nowMs()).filter(({ tookMs }) => tookMs > SLOW_MS / 2)
  stage.check(`nobody who came since waited for it but probes: ${late.length} did`, late.length <= probes)
  stage.say(`${node.name} answers at once again`)
  node.links.clients.slow = undefined
  const returnedMs = await stage.until(`${node.name} is back through a probe`, RETURNED_WITHIN_MS, () =>
    seen('returned'),
  )
  stage.measured('returnedMs', returnedMs)
  const warmth = edge.status().nodes.find(({ name }) => name === node.name)?.warmth ?? 1
  stage.check(`it begins with a part of its share (${warmth})`, warmth < 1)
  const pickedAtReturn = edge.picked(node.name)
  await stage.pass(2_000)
  stage.check('it is given connections again', edge.picked(node.name) > pickedAtReturn)
}
