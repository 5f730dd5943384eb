import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '@skein/core'
import { nowMs } from '../../processes/shared-clock.ts'
import type { ProxyStand } from './stand.ts'

const HEADROOMS = [40, 100] as const
const SEED = 1
/** A change may come at any moment between two questions of the agent-check. */
const ANY_MOMENT_MS = 500
const POLL_MS = 5
const PATIENCE_MS = 10_000

/** From changes of a node's headroom until HAProxy has the weights. */
export async function measureConvergence(stand: ProxyStand, changes: number): Promise<readonly number[]> {
  const random = seededRandom(SEED)
  const tookMs: number[] = []
  for (let change = 0; change < changes; change++) {
    const { name } = stand.nodes[(change >> 1) % stand.nodes.length] ?? { name: '' }
    await sleep(ANY_MOMENT_MS * random.next())
    tookMs.push(await untilInForce(stand, name, HEADROOMS[change % 2] ?? 0))
  }
  return tookMs
}

/** Answers how long it took. */
export async function untilInForce(
  { haproxy, setHeadroom }: ProxyStand,
  node: string,
  percent: number,
): Promise<number> {
  const fromMs = await setHeadroom(node, percent)
  while ((await haproxy.weights()).get(node) !== percent) {
    if (nowMs() - fromMs > PATIENCE_MS)
      throw new Error(`HAProxy does not have the weight ${percent} of ${node} after ${PATIENCE_MS} ms`)
    await sleep(POLL_MS)
  }
  return nowMs() - fromMs
}
