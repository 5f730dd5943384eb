import { setTimeout as sleep } from 'node:timers/promises'
import { pickFigures } from '../cluster-bed/figures.ts'
import { nowMs } from '../processes/shared-clock.ts'
import type { Measurement } from './bench.ts'
import { bothWays, worse } from './cluster/both-ways.ts'
import { type ClusterBench, size } from './cluster/cluster-bench.ts'
import { openSmallStand } from './cluster/small-stand.ts'
import { isClean, MUST_BE_ZERO, type Way } from './cluster/stand.ts'

const TALK_BEFORE_MS = size(3_000, 1_000)
/** Between a new process and the end of the next old one. */
const BREATH_MS = size(4_000, 500)
/** What `skein node` takes unless told; shorter where nothing is measured. */
const DRAIN_MS = size(10_000, 1_500)

/** What is asked (issue 3, item 8). */
const REACH = { maxGapMs: 0 } as const

/** All nodes replaced one after the other, as a deploy does it. */
export const benchRolling = (bench: ClusterBench): Promise<Measurement> =>
  bothWays(
    (way) => rolling(bench, way),
    worse(({ maxGapMs = 0 }) => maxGapMs),
  )

async function rolling(bench: ClusterBench, way: Way): Promise<Measurement> {
  const env = { SKEIN_DRAIN_MS: String(DRAIN_MS(bench)) }
  await using stand = await openSmallStand({ bench, way, breakable: way === 'direct', env })
  await stand.begin(TALK_BEFORE_MS(bench))
  const leaveMs: number[] = []
  for (const node of stand.bed.nodes) {
    stand.fault(`SIGTERM ${node.name}`)
    const startMs = nowMs()
    await node.terminate()
    leaveMs.push(nowMs() - startMs)
    stand.disconnect(node)
    await node.start()
    stand.connect(node)
    await sleep(BREATH_MS(bench))
  }
  const { figures } = await stand.judge()
  return {
    figures: {
      ...pickFigures(figures, ['maxGapMs', ...MUST_BE_ZERO, 'sends', 'disconnects']),
      leaveMsMax: Math.max(...leaveMs),
      deliveryMsMax: figures.deliveryMsMax,
    },
    ok: isClean(figures) && figures.maxGapMs <= REACH.maxGapMs,
  }
}
