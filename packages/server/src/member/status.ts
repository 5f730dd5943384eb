import type { BusKind, BusState } from '../bus/bus.ts'
import type { LoadReport, NodeRecord, NodeState } from '../cluster/node-record.ts'
import type { View } from '../cluster/view.ts'
import type { GuardStatus } from '../observe/guards.ts'
import type { Health } from '../probe/health.ts'

/** A node as another one sees it. */
export interface NodeStatus {
  readonly id: string
  readonly name: string
  readonly zone: string
  readonly region: string
  readonly release: string
  readonly state: NodeState
  readonly reason: string
  /** By that node's clock, milliseconds since 1970. */
  readonly sinceMs: number
  readonly self: boolean
  readonly address: string
  readonly internalAddress: string
  /** How old its report is. */
  readonly heardAgeMs: number
  /** Questions in a row that it left without an answer, while the registry could not speak for it. */
  readonly missed: number
  /** Clients that were asked to move and have not gone yet; known of this node only. */
  readonly leaving?: number
  /** What it can carry, relative to the others. */
  readonly weight: number
  /** Where it answers HAProxy's agent-check; absent: nowhere. */
  readonly agentPort?: number
  /** Null when it told nothing possible. */
  readonly load: LoadReport | null
  /** What protects it and acts now. */
  readonly guards: readonly GuardStatus[]
}

export interface DrainStatus {
  /** When it should be over, milliseconds since 1970. */
  readonly untilMs: number
  /** Clients that are still here. */
  readonly left: number
}

/** The cluster as one node sees it. */
export interface ClusterStatus {
  readonly self: string
  /** Age of what is known of the others; null while nothing is. */
  readonly viewAgeMs: number | null
  readonly health: Health
  readonly bus: { readonly kind: BusKind; readonly state: BusState }
  readonly drain: DrainStatus | null
  /** Of the node that answers: all that protects it, acting or not. */
  readonly guards: readonly GuardStatus[]
  readonly rebalance: { readonly shedding: boolean; readonly excess: number }
  readonly nodes: readonly NodeStatus[]
}

type Described = Omit<NodeRecord, 'signature' | 'guards'> & Pick<NodeStatus, 'guards'>

interface Viewer {
  /** This node knows itself better than the registry does, and before it. */
  readonly own: Described
  readonly leaving: number
  readonly nowMs: number
}

/** Every node of the view and this one, by name. */
export function nodesStatus(view: View, { own, leaving, nowMs }: Viewer): readonly NodeStatus[] {
  const self = { ...nodeStatus(own), heardAgeMs: 0, missed: 0, self: true, leaving }
  const others = [...view.members.values()].filter(({ record }) => record.id !== own.id)
  const statuses = others.map(({ record, heardAtMs, missed }) => {
    const heardAgeMs = Math.max(0, Math.round(nowMs - heardAtMs))
    return { ...nodeStatus(record), heardAgeMs, missed, self: false }
  })
  return [self, ...statuses].sort((one, other) => one.name.localeCompare(other.name))
}

function nodeStatus(record: Described): Omit<NodeStatus, 'self' | 'heardAgeMs' | 'missed'> {
  const { id, name, zone, region, version, address, internalAddress, state, reason, sinceMs, weight, load } =
    record
  const where = { zone, region, address, internalAddress }
  const { guards, agentPort } = record
  const agent = agentPort === undefined ? {} : { agentPort }
  return {
    id,
    name,
    ...where,
    ...agent,
    release: version.release,
    state,
    reason,
    sinceMs,
    weight,
    load,
    guards,
  }
}
