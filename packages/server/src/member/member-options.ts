import type { Runtime } from '@skein/core'
import type { Bus } from '../bus/bus.ts'
import type { ClusterError } from '../cluster/cluster-error.ts'
import type { ProcessGauges } from '../cluster/load.ts'
import type { NodeIdentity, NodeRecord } from '../cluster/node-record.ts'
import type { RebalanceOptions } from '../cluster/rebalance-plan.ts'
import type { Registry } from '../cluster/registry.ts'
import type { Guards } from '../observe/guards.ts'
import type { Logger } from '../observe/logger.ts'
import type { MemberNode } from './member-node.ts'

export interface ClusterMemberOptions {
  readonly node: MemberNode
  readonly bus: Pick<Bus, 'kind' | 'state' | 'send'>
  readonly registry: Registry
  readonly runtime: Runtime
  readonly logger: Logger
  readonly identity: NodeIdentity
  readonly secret: string
  /** Asks a node directly whether it is there, while the registry is away. */
  readonly reach: (node: NodeRecord) => Promise<boolean>
  readonly processGauges: ProcessGauges
  readonly maxSessions: number
  /** 0, or not told: unlimited. */
  readonly acceptLimitPerSecond?: number
  /** What this node can carry, relative to the others; 1 unless told. */
  readonly weight?: number
  /** Where it answers HAProxy's agent-check; absent: nowhere. */
  readonly agentPort?: number
  /** What protects it, for the status. */
  readonly guards?: Pick<Guards, 'list'>
  readonly rebalance?: RebalanceOptions
}

export interface DrainRequest {
  readonly windowMs?: number
  readonly force: boolean
  /** The process ends with the window: whoever is left then is sent away. */
  readonly hard?: boolean
}

/** Why a node should end by itself: it was drained, or the cluster does not want it any more. */
export type MemberEnd =
  | { readonly reason: 'drained' }
  | { readonly reason: 'refused'; readonly error: ClusterError }
