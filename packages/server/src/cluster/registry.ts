import { SkeinError } from '@skein/core'
import type { NodeRecord } from './node-record.ts'

/**
 * A node that does not renew is forgotten after this. With renewals each second it bears one that is
 * lost; with `VIEW_POLL_MS` a dead node is out of every view within 3 s.
 */
export const LEASE_TTL_MS = 2_500

/** The cluster's secret is remembered this long after its last node: it changes only between two lives. */
export const CLUSTER_MEMORY_MS = 600_000

/** `unavailable`: it did not answer, try again. `configuration`: somebody has to act. */
export class RegistryError extends SkeinError<'unavailable' | 'configuration'> {
  override name = 'RegistryError'
  constructor(reason: 'unavailable' | 'configuration', message: string, cause?: unknown) {
    super(reason, message, {
      remedy: reason === 'unavailable' ? 'retry' : 'fix',
      ...(cause !== undefined && { cause }),
    })
  }
}

/** Every answer carries the registry's clock, milliseconds since 1970. */
export type JoinOutcome =
  | { readonly kind: 'joined'; readonly epoch: number; readonly nowMs: number }
  /** Another process holds a live lease on this name. */
  | { readonly kind: 'nameTaken'; readonly holder: string; readonly nowMs: number }
  /** Nodes with another secret make up this cluster. */
  | { readonly kind: 'wrongSecret'; readonly nowMs: number }

export type AnnounceOutcome =
  | { readonly kind: 'renewed'; readonly nowMs: number }
  /** The lease ended before: others have gone on without this node, and it has to join anew. */
  | { readonly kind: 'lapsed'; readonly nowMs: number }

export interface ListedNode {
  readonly record: NodeRecord
  /** Grows with every join: a fencing token. */
  readonly epoch: number
  readonly leaseLeftMs: number
}

export interface Listing {
  readonly nowMs: number
  readonly nodes: readonly ListedNode[]
  /** Names whose record cannot be read. */
  readonly unreadable: readonly string[]
}

/**
 * Who is in the cluster, by leases on names and by the registry's own clock. All methods reject with
 * RegistryError; a call that was given up may still have happened. Rules in words: REGISTRY.md of the
 * contract suite.
 */
export interface Registry {
  /** Takes the lease on `record.name`, or takes it anew: then with a new epoch. */
  join(record: NodeRecord, secretFingerprint: string): Promise<JoinOutcome>
  /** Renews the lease that `join` gave and replaces the record. Never takes a lease that has ended. */
  announce(record: NodeRecord, epoch: number): Promise<AnnounceOutcome>
  /** Forgets the node at once; nothing when it is not there. */
  leave(id: string): Promise<void>
  /** The nodes with a live lease. */
  list(): Promise<Listing>
  close(): Promise<void>
}
