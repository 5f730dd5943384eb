import { randomName, type Runtime } from '@skein/core'
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import { leaseLocks, webLocks, type Lease, type LockManagerLike, type OutboxLocks } from './locks.ts'
import { renumbered } from './memory.ts'
import type { HeldOutbox, OutboxEntry, OutboxStorage } from './storage.ts'

interface StoredEntry extends OutboxEntry {
  readonly user: string
  readonly outbox: string
}

interface Schema extends DBSchema {
  outbox: { key: [user: string, outbox: string, clientId: string]; value: StoredEntry }
  lease: { key: [user: string, outbox: string]; value: Lease }
}

type Database = IDBPDatabase<Schema>

const DATABASE = 'skein'
const VERSION = 1
/** On disk and not only handed to the operating system, where the browser knows the difference. */
const STRICT = { durability: 'strict' } as const

/** All keys that begin with these parts: an array sorts behind every string. */
const within = (...parts: string[]): IDBKeyRange => IDBKeyRange.bound(parts, [...parts, []])

/** Opened when needed, and again when the browser closed it. */
class Connector {
  #database: Promise<Database> | undefined

  get(): Promise<Database> {
    if (this.#database === undefined) {
      const forget = (): void => {
        this.#database = undefined
      }
      this.#database = openDB<Schema>(DATABASE, VERSION, {
        upgrade(database) {
          database.createObjectStore('outbox', { keyPath: ['user', 'outbox', 'clientId'] })
          database.createObjectStore('lease', { keyPath: ['user', 'outbox'] })
        },
        blocking(_current, _blocked, event) {
          // A newer version of the page wants to upgrade it; this one opens it again if it can.
          forget()
          const { target } = event
          if (target instanceof IDBDatabase) target.close()
        },
        terminated: forget,
      })
      this.#database.catch(forget)
    }
    return this.#database
  }
}

/** Outboxes in the browser's database: they survive reloads and closed tabs. */
export function indexedDbOutboxStorage(runtime: Runtime, lockManager = platformLocks()): OutboxStorage {
  const connector = new Connector()
  const locks = lockManager === undefined ? leaseLocks(leasesIn(connector), runtime) : webLocks(lockManager)
  return { kind: 'indexedDB', open: (user) => openOutbox(connector, locks, user, randomName(runtime.random)) }
}

const platformLocks = (): LockManagerLike | undefined =>
  (globalThis as { navigator?: { locks?: LockManagerLike } }).navigator?.locks

async function openOutbox(
  connector: Connector,
  locks: OutboxLocks,
  user: string,
  outbox: string,
): Promise<HeldOutbox> {
  const release = await locks.tryHold(user, outbox)
  const adopt = (): Promise<OutboxEntry[]> => adoptOrphans(connector, locks, user, outbox)
  const found = await adopt()
  return {
    found,
    adopt,
    async put(entry) {
      const database = await connector.get()
      const transaction = database.transaction('outbox', 'readwrite', STRICT)
      await Promise.all([transaction.store.put({ ...entry, user, outbox }), transaction.done])
    },
    async remove(clientId) {
      const database = await connector.get()
      await database.delete('outbox', [user, outbox, clientId])
    },
    release() {
      release?.()
      return Promise.resolve()
    },
  }
}

async function adoptOrphans(
  connector: Connector,
  locks: OutboxLocks,
  user: string,
  outbox: string,
): Promise<OutboxEntry[]> {
  const database = await connector.get()
  const keys = await database.getAllKeys('outbox', within(user))
  const others = [...new Set(keys.map(([, other]) => other))].filter((other) => other !== outbox)
  const adopted: OutboxEntry[] = []
  for (const orphan of others) {
    const release = await locks.tryHold(user, orphan)
    if (release === undefined) continue
    try {
      adopted.push(...(await moveEntries(database, user, orphan, outbox)))
    } finally {
      release()
    }
  }
  return adopted
}

/** In one transaction: a tab that dies meanwhile leaves them where they were. */
async function moveEntries(
  database: Database,
  user: string,
  from: string,
  to: string,
): Promise<OutboxEntry[]> {
  const transaction = database.transaction('outbox', 'readwrite', STRICT)
  const { store } = transaction
  const [orphans, own] = await Promise.all([store.getAll(within(user, from)), store.getAll(within(user, to))])
  const moved = renumbered(orphans.map(entryOf), own)
  await Promise.all([
    store.delete(within(user, from)),
    ...moved.map((entry) => store.put({ ...entry, user, outbox: to })),
    transaction.done,
  ])
  return moved
}

const entryOf = ({ user: _user, outbox: _outbox, ...entry }: StoredEntry): OutboxEntry => entry

function leasesIn(connector: Connector): Parameters<typeof leaseLocks>[0] {
  return {
    async take(lease, nowMs, renewal) {
      const database = await connector.get()
      const { store, done } = database.transaction('lease', 'readwrite')
      const held = await store.get([lease.user, lease.outbox])
      const free = renewal || held === undefined || held.untilMs <= nowMs
      if (free) await store.put(lease)
      await done
      return free
    },
    async drop(user, outbox) {
      const database = await connector.get()
      await database.delete('lease', [user, outbox])
    },
  }
}
