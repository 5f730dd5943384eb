import type { BusKind, BusState } from '../bus/bus.ts'
import type { LoadReport, NodeState } from '../cluster/node-record.ts'
import type { Member, View } from '../cluster/view.ts'
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
  readonly load: LoadReport
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
  readonly rebalance: { readonly shedding: boolean; readonly excess: number }
  readonly nodes: readonly NodeStatus[]
}

interface Viewer {
  readonly selfId: string
  readonly leaving: number
  readonly nowMs: number
}

/** Every node of the view, by name. */
export function nodesStatus(view: View, { selfId, leaving, nowMs }: Viewer): readonly NodeStatus[] {
  return [...view.members.values()]
    .map((member) => {
      const self = member.record.id === selfId
      return { ...nodeStatus(member, nowMs), self, ...(self && { leaving }) }
    })
    .sort((one, other) => one.name.localeCompare(other.name))
}

function nodeStatus({ record, heardAtMs, missed }: Member, nowMs: number): Omit<NodeStatus, 'self'> {
  const { id, name, zone, region, version, state, reason, sinceMs, address, internalAddress, load } = record
  return {
    id,
    name,
    zone,
    region,
    release: version.release,
    state,
    reason,
    sinceMs,
    address,
    internalAddress,
    heardAgeMs: Math.max(0, Math.round(nowMs - heardAtMs)),
    missed,
    load,
  }
}
