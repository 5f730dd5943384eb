import type { Runtime } from '@skein/core'
import { Batcher } from '../delivery/batcher.ts'
import type { ReadPage, ReadRequest, Store, UserKey, UserState } from '../store/store.ts'

/** Questions in one round trip to the store, round trips at once, questions that may wait. */
const USERS_PER_READ = 100
const PAGES_PER_READ = 50
const READS_IN_FLIGHT = 2
export const READS_WAITING = 20_000
/** A user's state is read once for a resume. Nobody minds 50 ms there, and the database minds a query for each. */
const USERS_PACE = { perSecond: 20, burst: 10 }

/** What sessions read of the store, many of them in one query. */
export function batchedReads(store: Pick<Store, 'users' | 'read'>, { clock, timers }: Runtime) {
  const bounds = { timers, maxInFlight: READS_IN_FLIGHT, maxWaiting: READS_WAITING }
  return {
    users: new Batcher<UserKey, UserState>({
      ...bounds,
      maxBatch: USERS_PER_READ,
      load: (keys) => store.users(keys),
      pace: { limit: USERS_PACE, clock },
    }),
    pages: new Batcher<ReadRequest, ReadPage>({
      ...bounds,
      maxBatch: PAGES_PER_READ,
      load: (asked) => store.read(asked),
    }),
  }
}
