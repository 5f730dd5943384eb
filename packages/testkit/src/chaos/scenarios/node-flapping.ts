import type { EdgeEvent } from '@skein/edge'
import type { SessionTrace } from '../../cluster-bed/clients/session-tracer.ts'
import { Arrivals } from '../arrivals.ts'
import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

const FLAPS = 5
/** Long enough to be taken for dead by the edge, too short for the cluster to forget the node. */
const AWAY_MS = 2_400
const BACK_MS = 1_600
const OUT_MS = 4_000
const ARRIVALS_PER_SECOND = 30
const FAILURES_IN_ROW = 1
/** Connections of one session that live while the node flaps, the first one included. */
const MOST_LIVES = 4
/** Attempts that met it while it was away: half of its share of those who come then. */
const MOST_FAILED = 60

type Ejected = Extract<EdgeEvent, { kind: 'ejected' }>

export const nodeFlapping: Scenario = {
  name: 'node-flapping',
  about: `a node stands still for ${AWAY_MS / 1_000} s again and again, ${FLAPS} times`,
  edges: [{ zone: 'a', outlier: { baseMs: OUT_MS, failuresInRow: FAILURES_IN_ROW } }],
  talk: { perSecond: 60 },
  expect: [gapsWithin(1_500)],
  async play(stage) {
    const { edge } = stage
    const arrivals = new Arrivals(edge.url, ARRIVALS_PER_SECOND)
    try {
      await stage.pass(2_500)
      const node = stage.anyNode()
      for (let flap = 0; flap < FLAPS; flap++) {
        stage.fault(`SIGSTOP ${node.name}`)
        node.pause()
        await stage.pass(AWAY_MS)
        stage.say(`SIGCONT ${node.name}`)
        node.resume()
        await stage.pass(BACK_MS)
      }
      const ejections = edge.events.filter((event): event is Ejected => event.kind === 'ejected')
      const outMs = ejections.filter(({ id }) => id === node.name).map(({ atMs, untilMs }) => untilMs - atMs)
      const [firstMs = 0] = outMs
      const failed = await edge.counted(
        'attempts_total',
        new RegExp(`node="${node.name}",end="(lost|silent|unreachable)"`),
      )
      stage.measured('ejections', outMs.length)
      stage.measured('longestOutMs', Math.max(0, ...outMs))
      stage.measured('failedAttempts', failed)
      stage.check(
        `ejections of ${node.name} grow longer: ${outMs.map(Math.round).join(', ')} ms`,
        outMs.length >= 2 && Math.max(...outMs) > 1.4 * firstMs,
      )
      stage.check(`few attempts met it while it was away: ${failed}`, failed <= MOST_FAILED)
      const lost = arrivals.seen.filter(({ tookMs }) => tookMs === Infinity).length
      stage.check(`everybody who came was let in, ${lost} were not`, lost === 0)
    } finally {
      arrivals.stop()
    }
    await stage.pass(1_500)
  },
  judge(stage, { traces, fromMs, untilMs }) {
    const lives = traces.map((trace) => livesOf(trace, fromMs, untilMs))
    stage.measured('mostLives', Math.max(...lives))
    stage.check(
      `nobody is thrown around: ${Math.max(...lives)} connections at most`,
      Math.max(...lives) <= MOST_LIVES,
    )
  },
}

/** Connections that lived between these. */
const livesOf = ({ connections }: SessionTrace, fromMs: number, untilMs: number): number =>
  connections.filter(({ liveMs = Infinity, endedMs = Infinity }) => liveMs < untilMs && endedMs > fromMs)
    .length
