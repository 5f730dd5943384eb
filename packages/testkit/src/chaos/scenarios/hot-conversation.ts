import { nowMs } from '../../processes/shared-clock.ts'
import type { JudgedRun, Scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'
import { ackedBetween, deliveryMs, strangersTo } from './waits.ts'

const CALM_MS = 4_000
const HOT_MS = 8_000
const TICK_MS = 100
const PER_TICK = 20
/** As between two rooms of a data centre: one send a commit would not do. */
const DATABASE_MS = 8
const MEMBERS = ['user0', 'user1', 'user2', 'user3', 'user4', 'user5']
/** For the others: so much more than in calm times, and what a busy machine adds. */
const TIMES = 3
const SLACK_MS = 500

export const hotConversation: Scenario = {
  name: 'hot-conversation',
  about: 'one conversation takes five times the traffic of all others together',
  expect: [],
  async play(stage) {
    for (const { links } of stage.bed.nodes) links.database.slow = { ms: DATABASE_MS, opening: /^/ }
    await stage.pass(CALM_MS)
    stage.fault(`one group gets ${(PER_TICK * 1_000) / TICK_MS} messages a second`)
    stage.mark('hot')
    for (let said = 0; nowMs() < stage.at('hot') + HOT_MS; said++) {
      const session = MEMBERS[said % MEMBERS.length] ?? ''
      await stage.talk.flood({ group: 0, messages: PER_TICK, bytes: 50, session })
      await stage.pass(Math.max(0, stage.at('hot') + (said + 1) * TICK_MS - nowMs()))
    }
    stage.mark('quiet')
    stage.say('it is quiet again')
    await stage.pass(1_500)
  },
  judge,
}

function judge(stage: Stage, { traces, fromMs, cast }: JudgedRun): void {
  const hotFromMs = stage.at('hot')
  const hotUntilMs = stage.at('quiet')
  const others = strangersTo(MEMBERS, traces, cast)
  const insiders = traces.filter(({ session }) => MEMBERS.includes(session))
  const calmMs = deliveryMs(others, 0.99, { fromMs, untilMs: hotFromMs })
  const hotMs = deliveryMs(others, 0.99, { fromMs: hotFromMs, untilMs: hotUntilMs })
  const hot = ackedBetween(insiders, hotFromMs, hotUntilMs)
  stage.measured('othersMsP99Calm', calmMs)
  stage.measured('othersMsP99Hot', hotMs)
  stage.measured('hotPerSecond', (hot * 1_000) / (hotUntilMs - hotFromMs))
  stage.check(
    `the others' messages take ${Math.round(hotMs)} ms (p99), ${Math.round(calmMs)} ms before`,
    hotMs <= TIMES * calmMs + SLACK_MS,
  )
  stage.check('the hot one is served too', hot >= ackedBetween(others, hotFromMs, hotUntilMs))
}
