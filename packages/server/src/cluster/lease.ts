import { LEASE_TTL_MS } from './registry.ts'

export interface HeldLease {
  readonly epoch: number
  /** By the monotonic clock, which goes on while a process is stopped: one that wakes up knows at once. */
  readonly validUntilMs: number
}

/** Counted from before the question: the registry counts from later, so it never ends first there. */
export const leaseFrom = (epoch: number, askedAtMs: number): HeldLease => ({
  epoch,
  validUntilMs: askedAtMs + LEASE_TTL_MS,
})

export const holdsLease = (lease: HeldLease | undefined, nowMs: number): lease is HeldLease =>
  lease !== undefined && nowMs < lease.validUntilMs
