import { platformRandom, type Runtime } from '@skein/core'
import { temporaryPostgres } from '@skein/embedded-postgres'
import { PostgresStore } from '@skein/server'
import pg from 'pg'
import { storeContract } from './store-contract.ts'
import type { StoreHarness } from './store-harness.ts'

const runtime: Runtime = {
  clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
  timers: {
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    afterTurn: (run) => setImmediate(run),
  },
  random: platformRandom(),
}

async function open(): Promise<StoreHarness> {
  const database = await temporaryPostgres()
  const opened: PostgresStore[] = []
  const openOne = async (): Promise<PostgresStore> => {
    const store = await PostgresStore.open({ url: database.url, region: 'eu', runtime, autoMigrate: true, readConnections: 4 })
    opened.push(store)
    return store
  }
  const store = await openOne()
  let other: Promise<PostgresStore> | undefined
  return {
    store,
    another: () => (other ??= openOne()),
    async newIncarnation() {
      // What was written so far was another timeline's, as after a restore.
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      await client.query(`update skein.origin set timeline = 'before'`)
      await client.end()
      return openOne()
    },
    async dispose() {
      await Promise.all(opened.map((one) => one.close()))
      await database.dispose()
    },
  }
}

storeContract('the log in PostgreSQL', open)
