import type { Runtime } from '@skein/core'

export type Release = () => void

/** Exclusive holding of outboxes among the tabs of a browser. */
export interface OutboxLocks {
  /** Undefined when somebody else holds it. */
  tryHold(user: string, outbox: string): Promise<Release | undefined>
}

/** The part of the Web Locks API that is used. */
export interface LockManagerLike {
  request(
    name: string,
    options: { readonly ifAvailable: true },
    granted: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>
}

/** Web Locks end with their tab, however it ends. */
export function webLocks(locks: LockManagerLike): OutboxLocks {
  return {
    tryHold: (user, outbox) =>
      new Promise((resolve, reject) => {
        const granted = (lock: unknown): Promise<void> | undefined => {
          if (lock === null) {
            resolve(undefined)
            return undefined
          }
          return new Promise<void>((release) => resolve(release))
        }
        locks.request(`skein-outbox:${user}:${outbox}`, { ifAvailable: true }, granted).catch(reject)
      }),
  }
}

export interface Lease {
  readonly user: string
  readonly outbox: string
  readonly untilMs: number
}

export interface Leases {
  /** Takes it if there is none that is valid, or it is renewed by its own holder, in one transaction. */
  take(lease: Lease, nowMs: number, renewal: boolean): Promise<boolean>
  drop(user: string, outbox: string): Promise<void>
}

const LEASE_MS = 15_000
const RENEW_EVERY_MS = 5_000

/**
 * For browsers without Web Locks: a lease in the database. A tab that was frozen past its lease may
 * find its outbox taken over; both then send the same messages, which is harmless: sends are idempotent.
 */
export function leaseLocks(leases: Leases, { clock, timers }: Runtime): OutboxLocks {
  return {
    async tryHold(user, outbox) {
      const lease = (): Lease => ({ user, outbox, untilMs: clock.now() + LEASE_MS })
      if (!(await leases.take(lease(), clock.now(), false))) return undefined
      let cancel = (): void => {}
      const renewLater = (): void => {
        cancel = timers.after(RENEW_EVERY_MS, () => {
          // A renewal that fails is repeated with the next; by then the lease is still valid.
          leases.take(lease(), clock.now(), true).catch(() => false)
          renewLater()
        })
      }
      renewLater()
      return () => {
        cancel()
        leases.drop(user, outbox).catch(() => {})
      }
    },
  }
}
