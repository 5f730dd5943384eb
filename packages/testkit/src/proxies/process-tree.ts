import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { whenWeAreGone } from '../cluster-bed/watchdog.ts'

/** What the kernel counts processor time in (Linux: always 100 a second towards users). */
const TICK_MS = 10
/** Fields of /proc/PID/stat after the name, which ends with the last parenthesis. */
const USER_TICKS = 11
const SYSTEM_TICKS = 12
const POLL_MS = 20

export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.split(' ').filter(Boolean).map(Number)
}

/** Processor time of a process and of the children that it has now. */
export async function treeCpuMs(pid: number): Promise<number> {
  const own = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = own.slice(own.lastIndexOf(')') + 2).split(' ')
  const ownMs = (Number(fields[USER_TICKS] ?? 0) + Number(fields[SYSTEM_TICKS] ?? 0)) * TICK_MS
  const below = await Promise.all((await childrenOf(pid)).map(treeCpuMs))
  return below.reduce((sum, ms) => sum + ms, ownMs)
}

/** `kill -9` of a master and its workers. */
export async function killTree(pid: number): Promise<void> {
  const workers = await childrenOf(pid)
  for (const one of [pid, ...workers]) killOne(one)
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went by itself meanwhile.
  }
}

/** Ends what the file names when we are gone. */
export const watchPidFile = (path: string): ChildProcess =>
  whenWeAreGone('test -s "$1" && kill -TERM "$(cat "$1")"', path)

/** Asks again until it is so. @throws when it is not in time. */
export async function until(
  what: string,
  withinMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(POLL_MS)
  }
}
