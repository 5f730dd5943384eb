import type { NodeRecord } from '../node-record.ts'
import type { ListedNode, Listing } from '../registry.ts'

export interface Lease {
  readonly name: string
  /** Undefined when what stands there is no record. */
  readonly record: NodeRecord | undefined
  readonly epoch: number
  readonly expiresAtMs: number
}

/** What a shared registry holds, as a listing. */
export function listingOf(nowMs: number, leases: readonly Lease[]): Listing {
  const nodes: ListedNode[] = []
  const unreadable: string[] = []
  for (const { name, record, epoch, expiresAtMs } of leases) {
    if (record === undefined) unreadable.push(name)
    else nodes.push({ record, epoch, leaseLeftMs: expiresAtMs - nowMs })
  }
  return { nowMs, nodes, unreadable }
}
