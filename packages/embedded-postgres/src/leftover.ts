import { execFile } from 'node:child_process'
import { readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { DataDirectory } from './data-directory.ts'

/** How long a left-over server may take for a fast shutdown before it is made to crash, and then to die. */
const FAST_SHUTDOWN_MS = 10_000
const CRASH_MS = 3_000
const STEP_MS = 20

/**
 * Makes room: a server that a killed process of ours left behind is stopped; one that belongs to a
 * live process is not touched (`inUse`); a lock file that only looks alive is removed.
 */
export async function clearLeftover(dir: DataDirectory): Promise<void> {
  await refuseLiveOwner(dir)
  const lockFile = join(dir.cluster, 'postmaster.pid')
  const pid = Number((await readFile(lockFile, 'utf8').catch(() => '')).split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1) return
  if (!(await runsOn(pid, dir.cluster))) {
    // Its number may belong to anybody by now, and PostgreSQL would take that for a live server.
    await rm(lockFile, { force: true })
    return
  }
  if (await stopped(pid, dir.cluster, 'SIGINT', FAST_SHUTDOWN_MS)) return
  if (await stopped(pid, dir.cluster, 'SIGQUIT', CRASH_MS)) return
  await stopped(pid, dir.cluster, 'SIGKILL', CRASH_MS)
}

async function stopped(
  pid: number,
  cluster: string,
  signal: NodeJS.Signals,
  withinMs: number,
): Promise<boolean> {
  try {
    process.kill(pid, signal)
  } catch {
    return true
  }
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += STEP_MS) {
    await sleep(STEP_MS)
    // Not `kill(pid, 0)`: where nobody reaps orphans, as in many containers, a dead one answers that for ever.
    if (!(await runsOn(pid, cluster))) return true
  }
  return false
}

/** Whether `pid` is a PostgreSQL server on this cluster: its working directory tells, or its arguments. */
async function runsOn(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const [cwd, command] = await Promise.all([
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    ])
    return cwd === cluster && basename(command.split('\0')[0] ?? '').startsWith('postgres')
  }
  return (await processDescription(pid, 'args')).includes(cluster)
}

function processDescription(pid: number, column: 'args' | 'lstart'): Promise<string> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', `${column}=`, '-p', String(pid)], (error, stdout) =>
      resolve(error === null ? stdout.trim() : ''),
    )
  })
}

/** A process's number together with when it began: a number alone is soon somebody else's. */
async function processMark(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const began = await processDescription(pid, 'lstart')
    return began === '' ? undefined : `${pid} ${began}`
  }
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // Field 22 is the start time; the second field, the command in brackets, may contain spaces.
  const began = status?.slice(status.lastIndexOf(')') + 2).split(' ')[19]
  return began === undefined ? undefined : `${pid} ${began}`
}

async function refuseLiveOwner({ root }: DataDirectory): Promise<void> {
  const owner = (await readFile(join(root, 'owner'), 'utf8').catch(() => '')).trim()
  const pid = Number(owner.split(' ')[0])
  if (owner === '' || (await processMark(pid)) !== owner) return
  throw new EmbeddedPostgresError(
    'inUse',
    `Process ${pid} already runs a database in ${root}. Stop that one first, or choose another data directory.`,
  )
}

export async function takeOwnership({ root }: DataDirectory): Promise<void> {
  await writeFile(join(root, 'owner'), `${(await processMark(process.pid)) ?? ''}\n`)
}

export const giveUpOwnership = ({ root }: DataDirectory): Promise<void> =>
  rm(join(root, 'owner'), { force: true })
