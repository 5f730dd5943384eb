import type { JudgedRun, Scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'
import { admittedWithin, limitedTo } from './limited-sends.ts'
import { ackedBetween, deliveryMs, mostAckedWithin, strangersTo } from './waits.ts'

const LIMIT = { perSecond: 20, burst: 60 }
const MESSAGES = 200
const FLOOD_MS = 6_500
const SPAN_MS = 1_000
const USER = 'user0'
/** Acknowledgements of one moment are not all read in one. */
const JITTER_MS = 250
const TIMES = 3
const SLACK_MS = 400

export const hotUser: Scenario = {
  name: 'hot-user',
  about: `one user sends ${MESSAGES} messages at once, and may send ${LIMIT.perSecond} a second`,
  redis: 'single',
  env: limitedTo(LIMIT),
  expect: [],
  async play(stage) {
    await stage.pass(3_500)
    stage.fault(`${USER} sends ${MESSAGES} messages at once`)
    stage.mark('flood')
    await stage.talk.flood({ group: 0, messages: MESSAGES, bytes: 50 })
    await stage.pass(FLOOD_MS)
  },
  judge,
}

function judge(stage: Stage, { traces, fromMs, cast }: JudgedRun): void {
  const floodFromMs = stage.at('flood')
  const his = traces.filter(({ session }) => session === USER || session.startsWith(`${USER} `))
  const others = traces.filter((trace) => !his.includes(trace))
  const limit = admittedWithin(LIMIT, SPAN_MS + JITTER_MS)
  const most = mostAckedWithin(his, SPAN_MS)
  const served = ackedBetween(his, floodFromMs, floodFromMs + FLOOD_MS)
  const refusals = his.flatMap((trace) => trace.refusals).filter(({ code }) => code === 'tooFast')
  const untold = refusals.filter(({ retryAfterMs }) => retryAfterMs === undefined).length
  const unlimited = others.flatMap((trace) => trace.refusals).filter(({ code }) => code === 'tooFast').length
  const far = strangersTo([USER], traces, cast)
  const calmMs = deliveryMs(far, 0.99, { fromMs, untilMs: floodFromMs })
  const floodMs = deliveryMs(far, 0.99, { fromMs: floodFromMs, untilMs: floodFromMs + FLOOD_MS })
  stage.measured('hisMostPerSecond', most)
  stage.measured('hisAcked', served)
  stage.measured('hisRefusals', refusals.length)
  stage.measured('othersMsP99Calm', calmMs)
  stage.measured('othersMsP99Flood', floodMs)
  stage.check(`his limit holds: ${most} in a second, of ${limit}`, most <= limit)
  stage.check('he goes on all the time', served >= LIMIT.burst + (LIMIT.perSecond * FLOOD_MS) / 3_000)
  stage.check(`he is told when to come back, ${untold} times he was not`, refusals.length > 0 && untold === 0)
  stage.check(`nobody else is limited, ${unlimited} sends were`, unlimited === 0)
  stage.check(
    `the others' messages take ${Math.round(floodMs)} ms (p99), ${Math.round(calmMs)} ms before`,
    floodMs <= TIMES * calmMs + SLACK_MS,
  )
}
