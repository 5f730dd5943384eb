import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ServerCommand {
  /** A module for this Node, and its arguments. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Answers 2xx once the server serves. */
  readonly readyUrl: string
}

/** A server that takes longer than this to start is broken. */
const START_MS = 30_000
const POLL_MS = 20

/** A real server process that is killed and started again on the same address. */
export class ServerUnderFire {
  readonly #command: ServerCommand
  #child: ChildProcess | undefined
  #output = ''
  kills = 0

  constructor(command: ServerCommand) {
    this.#command = command
  }

  async start(): Promise<void> {
    const { command, env } = this.#command
    const child = spawn(process.execPath, command, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => (this.#output = (this.#output + data.toString()).slice(-8_000)))
    }
    const deadlineMs = performance.now() + START_MS
    while (!(await this.#isReady())) {
      if (child.exitCode !== null)
        throw new Error(`the server ended with ${child.exitCode}:\n${this.#output}`)
      if (performance.now() > deadlineMs)
        throw new Error(`the server was not ready within ${START_MS} ms:\n${this.#output}`)
      await sleep(POLL_MS)
    }
  }

  /** SIGKILL: nothing in the process gets to run any more. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
    this.kills++
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(this.#command.readyUrl, { signal: AbortSignal.timeout(1_000) })).ok
    } catch {
      return false
    }
  }
}
