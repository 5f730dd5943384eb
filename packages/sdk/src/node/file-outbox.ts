import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { platformRandom, randomName } from '@skein/core'
import { renumbered } from '../outbox/memory.ts'
import type { HeldOutbox, OutboxEntry, OutboxStorage } from '../outbox/storage.ts'
import { Journal, readJournal } from './journal.ts'
import { holdProcessLock } from './process-lock.ts'

/**
 * Outboxes as files in `directory`, on disk before anything is sent: `<user>/<outbox>.jsonl` beside
 * the lock file of the process that holds it.
 */
export function fileOutboxStorage(directory: string): OutboxStorage {
  return {
    kind: 'file',
    open: (user) => openOutbox(join(directory, encodeURIComponent(user).replace(/^\./, '%2E'))),
  }
}

async function openOutbox(directory: string): Promise<HeldOutbox> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const name = randomName(platformRandom())
  const unlock = await holdProcessLock(lockPath(directory, name))
  const journal = await Journal.create(journalPath(directory, name))
  await syncDirectory(directory)
  let held = true
  const adopt = (): Promise<OutboxEntry[]> => adoptOrphans(directory, name, journal)
  return {
    found: await adopt(),
    put: (entry) => journal.put(entry),
    remove: (clientId) => journal.remove(clientId),
    adopt: () => (held ? adopt() : Promise.resolve([])),
    async release() {
      if (!held) return
      held = false
      await journal.close()
      if (journal.entries.length === 0) await rm(journalPath(directory, name), { force: true })
      await unlock?.()
    },
  }
}

const journalPath = (directory: string, name: string): string => join(directory, `${name}.jsonl`)
const lockPath = (directory: string, name: string): string => join(directory, `${name}.lock`)

async function adoptOrphans(directory: string, own: string, journal: Journal): Promise<OutboxEntry[]> {
  const files = await readdir(directory)
  const names = files.filter((file) => file.endsWith('.jsonl')).map((file) => file.slice(0, -'.jsonl'.length))
  const adopted: OutboxEntry[] = []
  for (const orphan of names) {
    if (orphan === own) continue
    const unlock = await holdProcessLock(lockPath(directory, orphan))
    if (unlock === undefined) continue
    try {
      const entries = renumbered(await readJournal(journalPath(directory, orphan)), journal.entries)
      // Stored here before it is gone there: a crash in between only means that it is sent twice.
      await Promise.all(entries.map((entry) => journal.put(entry)))
      await rm(journalPath(directory, orphan), { force: true })
      adopted.push(...entries)
    } finally {
      await unlock()
    }
  }
  return adopted
}

/** The name of a new file is only safe with its directory. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  await handle.sync().finally(() => handle.close())
}
