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

const LoadReportSchema = z.object({
  sessions: z.number(),
  maxSessions: z.number(),
  acceptedPerSecond: z.number(),
  messagesPerSecond: z.number(),
  loopLagP99Ms: z.number(),
  /** Share of one core: a node runs on one. */
  cpu: z.number(),
  rssBytes: z.number(),
  rssLimitBytes: z.number(),
  /** How long a send waits for its commit to begin. */
  queueWaitMs: z.number(),
  /** Age of the newest delivery probe that came back; null before there was one. */
  probeOkAgeMs: z.number().nullable(),
  /** 0 (full) to 100 (idle), of all the above. */
  headroom: z.number(),
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

const NodeRecordSchema = NodeIdentitySchema.extend({
  state: z.enum(NODE_STATES),
  /** Why it is in this state, in words. */
  reason: z.string(),
  /** When that state began, by the node's clock. */
  sinceMs: z.number(),
  load: LoadReportSchema,
  signature: z.string(),
})
export type NodeRecord = Readonly<z.infer<typeof NodeRecordSchema>>

/** What somebody wrote into the registry; undefined when it is no record. Unknown fields are a newer node's. */
export function readRecord(value: unknown): NodeRecord | undefined {
  const parsed = NodeRecordSchema.safeParse(value)
  return parsed.success ? parsed.data : undefined
}
