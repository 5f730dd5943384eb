import { spawn, type ChildProcess } from 'node:child_process'

/** Runs a line of shell, with `$1`, when we are gone, however we died: it waits for the end of a pipe of ours. */
export function whenWeAreGone(line: string, argument: string): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', `cat >/dev/null; ${line}`, 'watchdog', argument], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.on('error', () => undefined)
  watchdog.stdin?.on('error', () => undefined)
  watchdog.unref()
  return watchdog
}
