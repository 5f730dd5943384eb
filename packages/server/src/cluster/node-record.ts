import * as z from 'zod'

/** `gone` is only ever told of a node, in a view: a registry forgets it. */
export const NODE_STATES = ['joining', 'ready', 'draining', 'gone'] as const
export type NodeState = (typeof NODE_STATES)[number]

const NodeVersionSchema = z.object({
  /** Of the package, for people. */
  release: z.string(),
  /** The WebSocket subprotocol. */
  protocol: z.string(),
  revision: z.number(),
  /** Of what nodes say to each other: `CLUSTER_PROTOCOL`. */
  cluster: z.number(),
  /** The newest schema that it knows, and the oldest that it works with. */
  schema: z.number(),
  oldestSchema: z.number(),
})
export type NodeVersion = Readonly<z.infer<typeof NodeVersionSchema>>

/** What a node may have too little of; `path`: its deliveries do not reach the others. */
export const RESOURCES = ['sessions', 'accepting', 'loop', 'cpu', 'memory', 'queue', 'bus', 'path'] as const
export type Resource = (typeof RESOURCES)[number]

/** No machine counts higher: what does is a broken clock or counter, or a lie. */
const MOST = Number.MAX_SAFE_INTEGER
const amount = z.number().min(0).max(MOST)
const count = amount.int()
/** Several threads may work for one node, though not so many. */
const MOST_CORES = 1_024

const LoadReportSchema = z.object({
  sessions: count,
  maxSessions: count,
  acceptedPerSecond: amount,
  /** 0: unlimited, or of an older node. */
  acceptLimitPerSecond: amount.default(0),
  messagesPerSecond: amount,
  loopLagP99Ms: amount,
  /** Share of one core: a node runs on one. */
  cpu: z.number().min(0).max(MOST_CORES),
  rssBytes: amount,
  /** 0: unlimited. */
  rssLimitBytes: amount,
  /** How long a send waits for its commit to begin. */
  queueWaitMs: amount,
  /** Round trip of the newest delivery probe; null before there was one. */
  busLagMs: amount.nullable().default(null),
  /** What the delivery probes say of this node's path. */
  path: z.enum(['working', 'failing', 'degraded']).default('working'),
  /** Age of the newest delivery probe that came back; null before there was one. Below 0 is the future. */
  probeOkAgeMs: amount.nullable(),
  /** 0 (full) to 100 (idle), of all the above. */
  headroom: z.number().min(0).max(100),
  /** What the headroom is of; null while nothing is used at all, or of an older node. */
  scarcest: z.enum(RESOURCES).nullable().catch(null),
})
export type LoadReport = Readonly<z.infer<typeof LoadReportSchema>>

/** What does not change while a process lives, and what its signature covers. */
const NodeIdentitySchema = z.object({
  /** The name and a random incarnation: another process has another id. */
  id: z.string(),
  name: z.string(),
  zone: z.string(),
  region: z.string(),
  version: NodeVersionSchema,
  /** What clients connect to. */
  address: z.string(),
  /** Where other nodes ask it something. */
  internalAddress: z.string(),
})
export type NodeIdentity = Readonly<z.infer<typeof NodeIdentitySchema>>

const REASON_MAX = 300
/** More than a node tells. */
const GUARDS_MAX = 32

/** `GuardStatus` as another node tells of it. */
const GuardSchema = z.object({
  name: z.string().max(100),
  kind: z.enum(['breaker', 'bulkhead', 'concurrency', 'admission', 'limit', 'queue']),
  state: z.enum(['idle', 'acting', 'closed', 'open', 'halfOpen']),
  reason: z.exactOptional(z.string().transform((reason) => reason.slice(0, REASON_MAX))),
  used: z.exactOptional(amount),
  bound: z.exactOptional(amount),
  unit: z.exactOptional(z.string().max(40)),
  refused: amount,
})

/** Above this a weight is a mistake: one node would carry all. */
export const WEIGHT_MAX = 1_000

const NodeRecordSchema = NodeIdentitySchema.extend({
  state: z.enum(NODE_STATES),
  /** Why it is in this state, in words. */
  reason: z.string(),
  /** When that state began, by the node's clock. */
  sinceMs: z.number(),
  /** What it can carry, relative to the others. */
  weight: z.number().positive().max(WEIGHT_MAX).catch(1),
  /** Where it answers HAProxy's agent-check; absent, or 0: nowhere. */
  agentPort: z.exactOptional(z.int().min(0).max(65_535).catch(0)),
  /** Null when what it said is impossible: then it is a node without a report. */
  load: LoadReportSchema.nullable().catch(null),
  /** What protects it and acts now; empty when that cannot be read. */
  guards: z.array(GuardSchema).max(GUARDS_MAX).catch([]),
  signature: z.string(),
})
export type NodeRecord = Readonly<z.infer<typeof NodeRecordSchema>>

/** What somebody wrote into the registry; undefined when it is no record. Unknown fields are a newer node's. */
export function readRecord(value: unknown): NodeRecord | undefined {
  const parsed = NodeRecordSchema.safeParse(value)
  return parsed.success ? parsed.data : undefined
}
