import { readFileSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'

interface Holder {
  readonly pid: number
  /** When the process began, in ticks since boot: another process may get the same pid later. */
  readonly startedAt: string | undefined
}

/** Locks of this process: its pid alone does not tell them from those of a predecessor (pid 1 in containers). */
const heldHere = new Set<string>()

function startOf(pid: number): string | undefined {
  try {
    // proc(5): the name in parentheses may hold spaces; starttime is the 20th field behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function isAlive(path: string, { pid, startedAt }: Holder): boolean {
  if (pid === process.pid) return heldHere.has(path)
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM'
  }
  const now = startOf(pid)
  return startedAt === undefined || now === undefined || now === startedAt
}

/**
 * Holds `path` as a lock file for as long as this process lives; undefined when another one does.
 * A lock of a process that died is taken over.
 */
export async function holdProcessLock(path: string): Promise<(() => Promise<void>) | undefined> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(path)) {
      heldHere.add(path)
      return async () => {
        heldHere.delete(path)
        await rm(path, { force: true })
      }
    }
    const holder = await readHolder(path)
    if (holder !== undefined && isAlive(path, holder)) return undefined
    await removeStale(path, holder)
  }
  return undefined
}

async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(
      JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) } satisfies Holder),
    )
    await file.close()
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') return false
    throw error
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** By renaming, which only one can do; what turns out to be a newer lock is put back. */
async function removeStale(path: string, seen: Holder | undefined): Promise<void> {
  const aside = `${path}.${process.pid}.stale`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const found = await readHolder(aside)
  if (found?.pid === seen?.pid && found?.startedAt === seen?.startedAt) await rm(aside, { force: true })
  else await rename(aside, path)
}
