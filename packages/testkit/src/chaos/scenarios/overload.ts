import { nowMs } from '../../processes/shared-clock.ts'
import { gapsWithin } from '../expectations.ts'
import type { JudgedRun, Scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'
import { ackedBetween } from './waits.ts'

/** Makes the node small, whatever machine it runs on: so few sends a commit, and each answer so late. */
const BATCH_ENTRIES = 12
const DATABASE_MS = 40
/** About three times what it then can. */
const OFFERED_PER_SECOND = 700
const OVERLOAD_MS = 10_000
const CUT_AFTER_MS = 3_500
const WINDOW_MS = 4_000
/** Goodput when all have come back, of that at first. Without admission nothing is left of it. */
const GOODPUT_SHARE = 0.2
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
  const endMs = fromMs + OVERLOAD_MS
  const atFirst = ackedBetween(traces, fromMs, fromMs + WINDOW_MS)
  const atLast = ackedBetween(traces, endMs - WINDOW_MS, endMs)
  stage.measured('refused', refused.length)
  stage.measured('goodputAtFirst', atFirst / (WINDOW_MS / 1_000))
  stage.measured('goodputAtLast', atLast / (WINDOW_MS / 1_000))
  stage.check('some were refused', refused.length > 0)
  stage.check(`all who were refused are told when to come back, ${untold} were not`, untold === 0)
  stage.check(`goodput stays: ${atFirst} at first, ${atLast} at last`, atLast >= GOODPUT_SHARE * atFirst)
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
