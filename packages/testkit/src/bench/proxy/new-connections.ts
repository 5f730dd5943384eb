import { setTimeout as sleep } from 'node:timers/promises'
import { untilInForce } from './convergence.ts'
import type { Contender, ProxyStand } from './stand.ts'

/** Of the nodes, in their order. */
const HEADROOMS = [100, 75, 50, 25] as const
const CONNECTS = 1_000
/** The built-in balancer asks the cluster each second; and who left before is no longer counted. */
const ASKED_MS = 1_500

/** How far the nodes' parts of 1,000 clients who come and stay are from their parts of the headroom. */
export async function measureSpread(
  stand: ProxyStand,
  contenders: readonly Contender[],
): Promise<Readonly<Partial<Record<Contender, number>>>> {
  for (const [index, { name }] of stand.nodes.entries())
    await untilInForce(stand, name, HEADROOMS[index] ?? 0)
  await sleep(ASKED_MS)
  const found: Partial<Record<Contender, number>> = {}
  for (const one of contenders) found[one] = await spreadOf(stand, one)
  return found
}

async function spreadOf({ nodes, fronts, load, accepted }: ProxyStand, one: Contender): Promise<number> {
  const before = await accepted()
  await load.request({ do: 'hold', port: fronts[one].port, sockets: CONNECTS }, 'hold')
  const after = await accepted()
  const counts = nodes.map(({ name }) => (after[name] ?? 0) - (before[name] ?? 0))
  return largestDeviation(counts, HEADROOMS)
}

/** Relative to what each would have in proportion. */
export function largestDeviation(counts: readonly number[], parts: readonly number[]): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const scale = sum(counts) / sum(parts)
  return Math.max(
    ...parts.map((part, index) => Math.abs((counts[index] ?? 0) - part * scale) / (part * scale)),
  )
}
