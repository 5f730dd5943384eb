import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { DataDirectory } from './data-directory.ts'

interface Holder {
  readonly pid: number
  /** When that process started; a pid alone may have been given to somebody else since. */
  readonly startedAt: string | undefined
}

/** Start time of a process in ticks since boot (proc(5), field 22); undefined where there is no /proc. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The second field is the program's name in parentheses and may hold blanks and parentheses.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  // Our own pid: a container that started again; the holder is the one before us.
  if (holder.pid === process.pid || !exists(holder.pid)) return false
  const startedAt = await startOf(holder.pid)
  return startedAt === undefined || holder.startedAt === undefined || startedAt === holder.startedAt
}

function parseHolder(text: string): Holder | undefined {
  const [pid, startedAt] = text.trim().split(' ')
  return /^\d+$/.test(pid ?? '') ? { pid: Number(pid), startedAt } : undefined
}

/**
 * Makes sure that one `skein up` runs on this data. What a killed one left is taken over. The lock
 * appears whole (written aside, then linked), so nobody ever reads half of it.
 */
export async function takeLock(directory: DataDirectory): Promise<() => Promise<void>> {
  const own = `${process.pid} ${(await startOf(process.pid)) ?? ''}`
  const aside = `${directory.lock}.${process.pid}`
  await writeFile(aside, own)
  try {
    for (;;) {
      try {
        await link(aside, directory.lock)
        return () => rm(directory.lock, { force: true })
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      }
      await removeStale(directory)
    }
  } finally {
    await rm(aside, { force: true })
  }
}

async function removeStale(directory: DataDirectory): Promise<void> {
  const text = await readFile(directory.lock, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const holder = parseHolder(text)
  if (holder !== undefined && (await isAlive(holder))) {
    throw new CliError(
      EXIT.cannotCreate,
      `${directory.root} is in use by another skein up (process ${holder.pid}). Stop that one, or use --data.`,
    )
  }
  // Renamed first: of two that see the same stale lock only one gets it, and a fresh one is put back.
  const stale = `${directory.lock}.stale.${process.pid}`
  await rename(directory.lock, stale).catch(() => undefined)
  const taken = await readFile(stale, 'utf8').catch(() => undefined)
  if (taken !== undefined && taken !== text) await link(stale, directory.lock).catch(() => undefined)
  await rm(stale, { force: true })
}
