import { randomInt, seededRandom } from '@skein/core'
import type { DispatchEndpoint } from '@skein/protocol'
import {
  createBalancer,
  endpointOf,
  RTT_TTL_MS,
  type Endpoint,
  type PeakEwma,
  type StrategyName,
} from '@skein/resilience'
import type { Home } from './options.ts'

/** What a choice is made from. The same gives the same. */
export interface RankInput {
  readonly endpoints: readonly DispatchEndpoint[]
  readonly strategy: StrategyName
  readonly home: Home | undefined
  /** By URL. */
  readonly rtt: ReadonlyMap<string, PeakEwma>
  /** URLs that failed or asked to be left. */
  readonly ill: ReadonlySet<string>
  /** Whose choice it is, for strategies that hash. */
  readonly key: string
  readonly nowMs: number
  readonly seed: number
}

/** So many others, at most, are thought to choose before us, and each stands for so many. */
const OTHERS_MAX = 64
const CROWD = 4
/** An endpoint that is so much slower than the fastest counts for half, in milliseconds. */
const FAR_MS = 25
/** What a node without a report is thought to have left when others' round trips are known. */
const HEADROOM_UNTOLD = 100
/** Below this a zone counts as full (`fullBelowHeadroom`): distance alone does not make it so. */
const FULL_BELOW = 10

/**
 * URLs, best first. One client has no load to balance: each would take what looks best in a list that all
 * of them have, and meet the others there. So it plays a balancer that all share: a random number of
 * others choose before it, and take their places. Then the picks of many are those of one balancer.
 */
export function ranked(input: RankInput): string[] {
  const { strategy, home, key, nowMs, seed } = input
  const random = seededRandom(seed)
  const balancer = createBalancer({
    strategy,
    ...(home !== undefined && { home }),
    fullBelowHeadroom: FULL_BELOW,
  })
  let candidates = input.endpoints.map((endpoint) => candidate(endpoint, input))
  const before = randomInt(random, OTHERS_MAX)
  for (let other = 0; other < before; other++) {
    const picked = balancer.pick(candidates, { nowMs, random, key: `${random.next()}` })
    candidates = candidates.map((one) => (one.id === picked?.id ? withOneMore(one) : one))
  }
  const order: string[] = []
  while (candidates.length > 0) {
    const picked = balancer.pick(candidates, { nowMs, random, key }) ?? candidates[0]
    if (picked === undefined) break
    order.push(picked.url)
    candidates = candidates.filter(({ id }) => id !== picked.id)
  }
  return order
}

type Candidate = Endpoint & { readonly url: string }

const withOneMore = (one: Candidate): Candidate => ({
  ...one,
  connections: one.connections + 1,
  inFlight: one.inFlight + 1,
  sinceReport: (one.sinceReport ?? 0) + CROWD,
})

function candidate({ url, ...endpoint }: DispatchEndpoint, input: RankInput): Candidate {
  const { ill, nowMs, rtt } = input
  const headroom = nearHeadroom({ url, ...endpoint }, input)
  return {
    ...endpointOf({
      ...endpoint,
      state: ill.has(url) ? 'ejected' : 'healthy',
      rtt: rtt.get(url),
      report: headroom === undefined ? undefined : { headroom, sessions: 0, atMs: nowMs },
    }),
    url,
  }
}

/** Headroom, of which less counts the further away it is; only measured round trips of late. */
function nearHeadroom({ url, headroom }: DispatchEndpoint, input: RankInput): number | undefined {
  const { endpoints, nowMs, rtt } = input
  const known = endpoints.flatMap((one) => {
    const measured = rtt.get(one.url)
    return measured === undefined || nowMs - measured.atMs > RTT_TTL_MS ? [] : [measured.costMs]
  })
  if (known.length === 0) return headroom
  const full = headroom ?? (endpoints.some((one) => one.headroom !== undefined) ? undefined : HEADROOM_UNTOLD)
  if (full === undefined) return undefined
  const measured = rtt.get(url)
  const ownMs =
    measured === undefined || nowMs - measured.atMs > RTT_TTL_MS ? Math.max(...known) : measured.costMs
  const nearness = (FAR_MS + Math.min(...known)) / (FAR_MS + ownMs)
  return Math.max(Math.min(full, FULL_BELOW), full * nearness)
}
