import { spawn, type ChildProcess } from 'node:child_process'
import { spawnAs } from './account.ts'
import type { Binaries } from './binaries.ts'
import { clusterArgument, type DataDirectory } from './data-directory.ts'
import { failureFromLog } from './embedded-postgres-error.ts'

/** Enough of the newest log lines to explain a failure. */
const LOG_KEPT_CHARACTERS = 8_192

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

export interface ServerProcess {
  readonly pid: number
  readonly exited: Promise<Exit>
  kill(signal: NodeJS.Signals): void
}

/**
 * Spawns the server and resolves when it accepts connections. It gets a session of its own, so that
 * Ctrl-C reaches us first and we stop it when we have finished; a watchdog stops it if we vanish.
 */
export async function spawnServer(
  dir: DataDirectory,
  binaries: Binaries,
  settings: Readonly<Record<string, string>>,
  onLog: (line: string) => void,
): Promise<ServerProcess> {
  const args = [
    '-D',
    clusterArgument(dir),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const child = spawn(binaries.postgres, args, {
    cwd: dir.cluster,
    env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    ...spawnAs(dir.account),
  })
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
  const watchdog = child.pid === undefined ? undefined : watch(child.pid)
  void exited.then(() => watchdog?.kill('SIGKILL'))
  await ready(child, onLog)
  return { pid: child.pid ?? 0, exited, kill: (signal) => child.kill(signal) }
}

function ready(child: ChildProcess, onLog: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let kept = ''
    let rest = ''
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      kept = (kept + chunk).slice(-LOG_KEPT_CHARACTERS)
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLog(line)
      if (chunk.includes('ready to accept connections')) resolve()
    })
    child.once('error', (error) => reject(failureFromLog(error.message, 'start')))
    child.once('close', () => reject(failureFromLog(kept, 'start')))
  })
}

/**
 * A shell that waits for the end of a pipe which only we hold open: it ends when we do, however we
 * die. Then a fast shutdown, and a crash (which loses nothing) if that takes too long.
 */
function watch(pid: number): ChildProcess {
  const script = 'cat >/dev/null; kill -INT $1 2>/dev/null || exit 0; sleep 5; kill -QUIT $1 2>/dev/null'
  const watchdog = spawn('/bin/sh', ['-c', script, 'skein-postgres-watchdog', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.on('error', () => undefined)
  watchdog.stdin?.on('error', () => undefined)
  watchdog.unref()
  return watchdog
}
