import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { NODE_FLAGS } from '@skein/server'
import { CliError } from '../cli-error.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { isNodeReport, type StopRequest } from './supervision.ts'

export interface NodeProcess {
  readonly url: string
  readonly pid: number
  readonly ended: Promise<string>
  /** Lets it finish its work within `deadlineMs`; kills it when it takes longer than it may. */
  stop(deadlineMs: number): Promise<void>
}

/** What runs already, for a quick end. */
export type OnSpawn = (child: ChildProcess) => void

/** Beyond its deadline, for closing sockets and the store. */
const STOP_GRACE_MS = 3_000

const main = (): string => fileURLToPath(new URL('../main.js', import.meta.url))

const exitCodeOf = (code: number): ExitCode =>
  Object.values(EXIT).find((known) => known === code) ?? EXIT.failed

/**
 * Starts `skein node` as a child. It leads a process group of its own, so that Ctrl-C reaches the
 * supervisor alone; it ends when the channel to the supervisor closes, however the supervisor died.
 */
export function startNodeProcess(
  env: NodeJS.ProcessEnv,
  logFile: number,
  onSpawn: OnSpawn,
): Promise<NodeProcess> {
  const child = fork(main(), ['node'], {
    env,
    detached: true,
    stdio: ['ignore', logFile, 'inherit', 'ipc'],
    execArgv: [...NODE_FLAGS],
  })
  onSpawn(child)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (!isNodeReport(message)) return
      if (message.type === 'failed') reject(new CliError(exitCodeOf(message.exitCode), message.text))
      else resolve(handle(child, message.url, ended))
    })
    void ended.then((how) =>
      reject(new CliError(EXIT.failed, `The node ended before it was ready (${how}).`)),
    )
  })
}

function handle(child: ChildProcess, url: string, ended: Promise<string>): NodeProcess {
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    async stop(deadlineMs) {
      const request: StopRequest = { type: 'stop', deadlineMs }
      if (child.connected) child.send(request, () => undefined)
      const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs + STOP_GRACE_MS)
      await ended
      clearTimeout(timer)
    },
  }
}
