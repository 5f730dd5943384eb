import type { JudgedRun, Scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'
import { busesUp } from './bus-state.ts'
import { admittedWithin, limitedTo } from './limited-sends.ts'
import { ackedBetween, mostAckedWithin } from './waits.ts'

const LIMIT = { perSecond: 30, burst: 40 }
const NODES = 3
/** Per session: more than both may send until the end. */
const MESSAGES = 220
const SESSIONS = ['user0', 'user0 again']
const SPAN_MS = 2_000
const JITTER_MS = 300
const AWAY_MS = 3_500
/** The breaker around Redis asks again after this at the latest. */
const BREAKER_OPEN_MS = 5_000
/** Until nodes have found out. */
const NOTICED_MS = 500

type Phase = 'before' | 'hung' | 'dead' | 'back'
const PHASES: readonly Phase[] = ['before', 'hung', 'dead', 'back']

export const redisAwayLimits: Scenario = {
  name: 'redis-away-limits',
  about: 'Redis hangs, and later dies, while a user is held to his limit',
  redis: 'single',
  nodes: NODES,
  env: limitedTo(LIMIT),
  expect: [],
  async play(stage) {
    const { redis } = stage.bed
    if (redis.kind !== 'single') throw new Error('this scenario asked for a Redis and got none')
    await stage.pass(1_500)
    stage.say(`${SESSIONS.join(' and ')} flood`)
    for (const session of SESSIONS)
      await stage.talk.flood({ group: 0, messages: MESSAGES, bytes: 50, session })
    await phase(stage, 'before', 3_000)
    stage.fault('SIGSTOP Redis')
    redis.server.pause()
    await phase(stage, 'hung', AWAY_MS)
    stage.say('SIGCONT Redis')
    redis.server.resume()
    await stage.pass(1_000)
    stage.fault('kill -9 Redis')
    await redis.server.kill()
    await phase(stage, 'dead', AWAY_MS)
    stage.say('Redis starts again')
    await redis.server.start()
    await busesUp(stage)
    await stage.pass(BREAKER_OPEN_MS)
    await phase(stage, 'back', 3_000)
  },
  judge,
}

async function phase(stage: Stage, name: Phase, ms: number): Promise<void> {
  await stage.pass(NOTICED_MS)
  stage.mark(`${name} begins`)
  await stage.pass(ms - NOTICED_MS)
  stage.mark(`${name} ends`)
}

function judge(stage: Stage, { traces }: JudgedRun): void {
  const his = traces.filter(({ session }) => SESSIONS.includes(session))
  const limit = admittedWithin(LIMIT, SPAN_MS + JITTER_MS)
  const most = mostAckedWithin(his, SPAN_MS)
  stage.measured('mostIn2s', most)
  stage.check(`never unlimited: ${most} within ${SPAN_MS} ms, of ${limit}`, most <= limit)
  for (const name of PHASES) {
    const fromMs = stage.at(`${name} begins`)
    const untilMs = stage.at(`${name} ends`)
    const isAway = name === 'hung' || name === 'dead'
    const seconds = (untilMs - fromMs) / 1_000
    const perSecond = ackedBetween(his, fromMs, untilMs) / seconds
    // Away each node admits its part; back again one that asks for more is leased half of the whole.
    const least = isAway ? LIMIT.perSecond / NODES / 2 : LIMIT.perSecond / 2
    stage.measured(`${name}PerSecond`, perSecond)
    stage.check(`${name}: ${perSecond.toFixed(1)} a second, ${least} at least`, perSecond >= least)
    const bound = LIMIT.perSecond + (LIMIT.perSecond * 0.5 + LIMIT.burst) / seconds
    stage.check(`${name}: ${perSecond.toFixed(1)} a second, ${bound.toFixed(1)} at most`, perSecond <= bound)
  }
}
