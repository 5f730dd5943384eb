import { nowMs } from '../../processes/shared-clock.ts'
import { gapsWithin } from '../expectations.ts'
import type { JudgedRun, Scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'
import { goodputBetween } from './waits.ts'

/** Makes the node small, whatever machine it runs on: so few sends a commit, and each answer so late. */
const BATCH_ENTRIES = 12
const DATABASE_MS = 40
/** About three times what it then can. */
const OFFERED_PER_SECOND = 700
const OVERLOAD_MS = 10_500
const CUT_AFTER_MS = 8_000
const WINDOW_MS = 3_500
/** An acknowledgement that comes later is worth little. */
const GOOD_MS = 2_000
/** Goodput after a while, of that at first. Without admission nothing is left of it. */
const GOODPUT_SHARE = 0.1
const GROWTH_BYTES = 200 * 1_024 * 1_024

const NO_LIMITS = Object.fromEntries(
  ['DEVICE', 'USER', 'APP', 'CLUSTER'].map((scope) => [`SKEIN_MESSAGES_PER_${scope}`, '0']),
)

export const overload: Scenario = {
  name: 'overload',
  about: 'a node that is alone gets three times what it can serve, and all connections are cut meanwhile',
  nodes: 1,
  env: { ...NO_LIMITS, SKEIN_BATCH_ENTRIES: String(BATCH_ENTRIES) },
  talk: { perSecond: OFFERED_PER_SECOND, groupSize: 3 },
  expect: [gapsWithin(4_000)],
  async play(stage) {
    const [node] = stage.bed.nodes
    if (node === undefined) return
    await stage.pass(2_000)
    const before = await loadOf(stage)
    stage.fault(`each answer of PostgreSQL comes ${DATABASE_MS} ms late`)
    node.links.database.slow = { ms: DATABASE_MS, opening: /^/ }
    stage.mark('overloaded')
    const fromMs = stage.at('overloaded')
    let waitMs = 0
    let rssBytes = 0
    let isCut = false
    while (nowMs() < fromMs + OVERLOAD_MS) {
      await stage.pass(400)
      const load = await loadOf(stage)
      waitMs = Math.max(waitMs, load.queueWaitMs)
      rssBytes = Math.max(rssBytes, load.rssBytes)
      if (isCut || nowMs() < fromMs + CUT_AFTER_MS) continue
      isCut = true
      stage.fault('all connections are cut', 'all')
      node.links.clients.cut()
    }
    const after = await loadOf(stage)
    node.links.database.slow = undefined
    stage.say('PostgreSQL answers at once again')
    stage.measured('queueWaitMsMax', waitMs)
    stage.measured('rssGrownMiB', (rssBytes - before.rssBytes) / 1_048_576)
    stage.check('its memory stays within bounds', rssBytes - before.rssBytes <= GROWTH_BYTES)
    stage.check('the node did not crash', before.id !== '' && after.id === before.id)
    await stage.pass(2_000)
  },
  judge,
}

function judge(stage: Stage, { traces }: JudgedRun): void {
  const refused = traces.flatMap(({ refusals }) => refusals).filter(({ code }) => code === 'overloaded')
  const untold = refused.filter(({ retryAfterMs }) => retryAfterMs === undefined).length
  const fromMs = stage.at('overloaded')
  const atFirst = goodputBetween(traces, fromMs, fromMs + WINDOW_MS, GOOD_MS)
  const atLast = goodputBetween(traces, fromMs + CUT_AFTER_MS - WINDOW_MS, fromMs + CUT_AFTER_MS, GOOD_MS)
  stage.measured('refused', refused.length)
  stage.measured('goodputAtFirst', atFirst)
  stage.measured('goodputAtLast', atLast)
  stage.check('some were refused', refused.length > 0)
  stage.check(`all who were refused are told when to come back, ${untold} were not`, untold === 0)
  stage.check(
    `goodput stays: ${Math.round(atFirst)} a second at first, ${Math.round(atLast)} later`,
    atLast >= GOODPUT_SHARE * atFirst,
  )
}

async function loadOf(
  stage: Stage,
): Promise<{ readonly id: string; readonly queueWaitMs: number; readonly rssBytes: number }> {
  const answer = await stage.bed.nodes[0]?.cluster()
  const own = answer?.nodes[0]
  return {
    id: answer?.self ?? '',
    queueWaitMs: own?.load.queueWaitMs ?? 0,
    rssBytes: own?.load.rssBytes ?? 0,
  }
}
