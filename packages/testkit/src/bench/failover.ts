import { setTimeout as sleep } from 'node:timers/promises'
import { LIMITS } from '@skein/protocol'
import { DEFAULT_LIMITS } from '@skein/server'
import type { BedNode } from '../cluster-bed/bed-node.ts'
import { type Figures, pickFigures } from '../cluster-bed/figures.ts'
import type { Measurement } from './bench.ts'
import { bothWays, worse } from './cluster/both-ways.ts'
import { type ClusterBench, size } from './cluster/cluster-bench.ts'
import { openSmallStand } from './cluster/small-stand.ts'
import { isClean, MUST_BE_ZERO, type Stand, type Way } from './cluster/stand.ts'

export const FAILOVER_MODES = ['kill', 'pause', 'blackhole'] as const
/** How the node ends: its process dies, is stopped, or its network swallows everything. */
export type FailoverMode = (typeof FAILOVER_MODES)[number]

const VICTIM = 'node-1'
const TALK_BEFORE_MS = size(5_000, 1_500)
/** From the fault on: everybody is back long before, and would show that it is not. */
const TALK_AFTER_MS = { kill: size(8_000, 3_000), silent: size(25_000, 20_000) }

/** An idle client asks after this time without a word, and waits this long for an answer. */
const DETECTION_BOUND_MS = DEFAULT_LIMITS.heartbeatMs + LIMITS.pongMs

/** What is asked (issue 3, item 8), in milliseconds of p99 above control. */
const REACH = { killMs: 1_000, silentMs: DETECTION_BOUND_MS + 1_000 } as const

/** From the death of a node to the next event that its sessions get, through the proxy and with direct endpoints. */
export async function benchFailover(bench: ClusterBench, mode: FailoverMode): Promise<Measurement> {
  const reachMs = mode === 'kill' ? REACH.killMs : REACH.silentMs
  return bothWays(
    async (way) => {
      const figures = await failover(bench, mode, way)
      const aboveControlMs = figures.resumeMsP99 - figures.controlMsP99
      return { figures: pickFigures(figures, SHOWN), ok: isClean(figures) && aboveControlMs <= reachMs }
    },
    worse(({ resumeMsP99 = 0, controlMsP99 = 0 }) => resumeMsP99 - controlMsP99),
  )
}

const SHOWN = ['resumeMsP50', 'resumeMsP99', 'resumeMsMax', 'controlMsP99', ...MUST_BE_ZERO, 'sends'] as const

async function failover(bench: ClusterBench, mode: FailoverMode, way: Way): Promise<Figures> {
  await using stand = await openSmallStand({
    bench,
    way,
    breakable: mode === 'blackhole' || way === 'direct',
  })
  await stand.begin(TALK_BEFORE_MS(bench))
  const node = stand.bed.node(VICTIM)
  stand.fault(`${mode} ${node.name}`, node.name)
  await strike(stand, node, mode)
  await sleep((mode === 'kill' ? TALK_AFTER_MS.kill : TALK_AFTER_MS.silent)(bench))
  relieve(node, mode)
  return (await stand.judge()).figures
}

async function strike(stand: Stand, node: BedNode, mode: FailoverMode): Promise<void> {
  switch (mode) {
    case 'kill':
      await node.kill()
      return stand.disconnect(node)
    case 'pause':
      return node.pause()
    case 'blackhole':
      return node.blackHole()
  }
}

/** The silent one comes back into a cluster that went on without it. */
function relieve(node: BedNode, mode: FailoverMode): void {
  if (mode === 'pause') node.resume()
  if (mode === 'blackhole') node.heal()
}
