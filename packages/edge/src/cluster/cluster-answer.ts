import * as z from 'zod'
import type { EdgeNode, EdgeNodeState } from './edge-node.ts'

/** Loads that cannot be are read as none: no report, rather than one that attracts everybody. */
const count = z.number().nonnegative().catch(0)

const LoadSchema = z.object({
  sessions: count,
  maxSessions: count,
  headroom: z.number().min(0).max(100).optional().catch(undefined),
})

const NodeSchema = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  zone: z.string().catch(''),
  region: z.string().catch(''),
  state: z.string(),
  reason: z.string().catch(''),
  weight: z.number().nonnegative().catch(1),
  internalAddress: z.string(),
  heardAgeMs: z.number().nonnegative(),
  agentPort: z.int().min(1).max(65_535).optional().catch(undefined),
  load: LoadSchema.catch({ sessions: 0, maxSessions: 0, headroom: undefined }),
})

const AnswerSchema = z.object({
  self: z.string(),
  viewAgeMs: z.number().nullable(),
  nodes: z.array(z.unknown()),
})

/** Who is in the cluster, according to one node of it. */
export interface ClusterAnswer {
  readonly nodes: readonly EdgeNode[]
  /** How old the answering node's view of the others is: Infinity while it has none. */
  readonly viewAgeMs: number
}

/** What `GET /v1/cluster` answered; undefined when it is no such answer. Nodes that cannot be read are left out. */
export function readClusterAnswer(body: unknown, nowMs: number): ClusterAnswer | undefined {
  const answer = AnswerSchema.safeParse(body)
  if (!answer.success) return undefined
  const nodes = answer.data.nodes.flatMap((entry) => {
    const node = readNode(entry, nowMs)
    return node === undefined ? [] : [node]
  })
  return { nodes, viewAgeMs: answer.data.viewAgeMs ?? Infinity }
}

function readNode(entry: unknown, nowMs: number): EdgeNode | undefined {
  const parsed = NodeSchema.safeParse(entry)
  if (!parsed.success) return undefined
  const { internalAddress, heardAgeMs, load, state, ...node } = parsed.data
  const place = placeOf(internalAddress)
  if (place === undefined) return undefined
  const { sessions, maxSessions, headroom } = load
  const heardAtMs = nowMs - heardAgeMs
  return { ...node, ...place, sessions, maxSessions, headroom, state: stateOf(state), heardAtMs }
}

const stateOf = (state: string): EdgeNodeState =>
  state === 'ready' || state === 'draining' ? state : 'joining'

/** Nodes are reached without TLS: what encrypts between edge and node stands below both. */
function placeOf(address: string): { readonly host: string; readonly port: number } | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, hostname, port } = new URL(address)
  if (protocol !== 'http:') return undefined
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) }
}
