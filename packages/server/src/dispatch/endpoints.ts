import { createHash } from 'node:crypto'
import { EndpointUrl, LIMITS, type DispatchEndpoint } from '@skein/protocol'
import { REPORT_TTL_MS } from '@skein/resilience'
import { WEIGHT_MAX } from '../cluster/node-record.ts'
import { MISSES_UNTIL_UNREACHABLE } from '../cluster/view.ts'
import type { NodeStatus } from '../member/status.ts'
import { CONNECT_PATH } from '../gateway/ws-gateway.ts'
import { endpointUrl, isClientAddress } from './endpoint-url.ts'

/** What of a node decides how it stands in the list. */
export type DispatchNode = Pick<
  NodeStatus,
  'state' | 'zone' | 'region' | 'address' | 'weight' | 'heardAgeMs' | 'missed'
> & { readonly load: Pick<NonNullable<NodeStatus['load']>, 'headroom'> | null }

/** A full node is listed all the same: when all are full, clients still need somewhere to ask. */
const LEAST_SHARE = 0.01
/** Weights are told to a thousandth. */
const WEIGHT_STEP = 1_000

/** The same for as long as the address is the same, whoever says it. */
function endpointId(url: string): string {
  const id = url.endsWith(CONNECT_PATH) ? url.slice(0, -CONNECT_PATH.length) : url
  return id.length <= LIMITS.idLength ? id : createHash('sha256').update(url).digest('base64url')
}

interface Edge {
  readonly url: string
  readonly zone: string
  readonly region: string
  readonly weight: number
}

/** What is configured stands as it is: whoever configured it knows what is in front of the nodes. */
export const endpointsOfEdges = (edges: readonly Edge[]): readonly DispatchEndpoint[] =>
  edges.map(({ url, zone, region, weight }) => ({ id: endpointId(url), url, zone, region, weight }))

interface Candidate {
  readonly node: DispatchNode
  readonly url: string
  readonly capacity: number
  /** 0–100; undefined when nothing believable was heard of late. */
  readonly headroom: number | undefined
}

function candidateOf(node: DispatchNode): Candidate | undefined {
  const url = endpointUrl(node.address)
  if (url === undefined || !EndpointUrl.safeParse(url).success) return undefined
  const { weight, load, heardAgeMs } = node
  const capacity = weight > 0 && weight <= WEIGHT_MAX ? weight : 1
  const told = load?.headroom ?? NaN
  const believed = told >= 0 && told <= 100 && heardAgeMs >= 0 && heardAgeMs <= REPORT_TTL_MS
  return { node, url, capacity, headroom: believed ? told : undefined }
}

/** Those for which the strictest of the rules holds that leaves any. */
function firstNonEmpty<T>(all: readonly T[], ...rules: readonly ((each: T) => boolean)[]): readonly T[] {
  for (const rule of rules) {
    const left = all.filter(rule)
    if (left.length > 0) return left
  }
  return all
}

const isReady = ({ state }: DispatchNode): boolean => state === 'ready'
const answers = ({ missed }: DispatchNode): boolean => missed < MISSES_UNTIL_UNREACHABLE

/** The one value of all, else ''. */
const common = (values: readonly string[]): string =>
  values.every((value) => value === values[0]) ? (values[0] ?? '') : ''

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Nodes behind one address, as one endpoint. */
function merged(url: string, group: readonly Candidate[], shareUnknown: number): DispatchEndpoint {
  const weight = sum(
    group.map(({ capacity, headroom }) =>
      headroom === undefined ? capacity * shareUnknown : capacity * Math.max(LEAST_SHARE, headroom / 100),
    ),
  )
  const known = group.filter(({ headroom }) => headroom !== undefined)
  const left = sum(known.map(({ capacity, headroom = 0 }) => capacity * headroom))
  return {
    id: endpointId(url),
    url,
    zone: common(group.map(({ node }) => node.zone)),
    region: common(group.map(({ node }) => node.region)),
    weight: Math.min(LIMITS.dispatchWeight, Math.max(1, Math.round(weight * WEIGHT_STEP)) / WEIGHT_STEP),
    ...(known.length > 0 && { headroom: Math.round(left / sum(known.map(({ capacity }) => capacity))) }),
  }
}

/**
 * The nodes of a view as endpoints. Only ready ones that answer, unless there is no such; where some say how
 * clients reach them, the others are behind something, and cannot be told. Empty only without any node.
 */
export function endpointsOfNodes(nodes: readonly DispatchNode[]): readonly DispatchEndpoint[] {
  const present = firstNonEmpty(nodes, (node) => isReady(node) && answers(node), isReady, answers)
  const told = firstNonEmpty(present, ({ address }) => isClientAddress(address))
  const candidates = told.map(candidateOf).filter((candidate) => candidate !== undefined)
  // A node of which nothing is known attracts no more than the fullest of those that say how they are.
  const shares = candidates.flatMap(({ headroom }) =>
    headroom === undefined ? [] : [Math.max(LEAST_SHARE, headroom / 100)],
  )
  const shareUnknown = Math.min(1, ...shares)
  const groups = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const group = groups.get(candidate.url)
    if (group === undefined) groups.set(candidate.url, [candidate])
    else group.push(candidate)
  }
  return [...groups].map(([url, group]) => merged(url, group, shareUnknown))
}
