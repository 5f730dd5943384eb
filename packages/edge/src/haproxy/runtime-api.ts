import { connect } from 'node:net'
import type { Timers } from '@skein/core'

/** HAProxy answers at once; a process that is paused is not waited for. */
const ANSWER_MS = 2_000
/** Far above what 256 servers fill. */
const MAX_ANSWER_BYTES = 4_194_304

/** `away`: nobody listens at the socket. `silent`: no whole answer in time. `refused`: HAProxy said why not. */
export type RuntimeApiReason = 'away' | 'silent' | 'refused' | 'tooLong'

export class RuntimeApiError extends Error {
  override readonly name = 'RuntimeApiError'
  readonly reason: RuntimeApiReason

  constructor(reason: RuntimeApiReason, message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

export interface RuntimeApiOptions {
  /** Of `stats socket` in HAProxy's configuration. */
  readonly socket: string
  readonly timers: Pick<Timers, 'after'>
  readonly answerMs?: number
}

/** HAProxy's Runtime API (management guide, chapter 9.3): one connection per line of commands. */
export class RuntimeApi {
  readonly #options: RuntimeApiOptions

  constructor(options: RuntimeApiOptions) {
    this.#options = options
  }

  /** What HAProxy answers to commands that show something. @throws RuntimeApiError */
  async show(commands: readonly string[]): Promise<string> {
    const answer = await this.#exchange(commands)
    const refusal = answer.split('\n').find((line) => REFUSES_ALL.some((words) => line.startsWith(words)))
    if (refusal !== undefined) throw this.#refused(commands, refusal)
    return answer
  }

  /** Commands that change something, in this order. @throws RuntimeApiError with what HAProxy said to the first that it refused. */
  async change(commands: readonly string[]): Promise<void> {
    const answer = await this.#exchange(commands)
    const refusal = answer.split('\n').find((line) => line.trim() !== '' && !SUCCESS.test(line))
    if (refusal !== undefined) throw this.#refused(commands, refusal)
  }

  #refused(commands: readonly string[], line: string): RuntimeApiError {
    const { socket } = this.#options
    const what = line.startsWith('Permission denied')
      ? `wants "level admin" in the line "stats socket ${socket}" of its configuration`
      : `refused "${commands.join('; ')}": ${line.trim()}`
    return new RuntimeApiError('refused', `HAProxy at ${socket} ${what}.`)
  }

  #exchange(commands: readonly string[]): Promise<string> {
    const { socket: path, timers, answerMs = ANSWER_MS } = this.#options
    return new Promise((resolve, reject) => {
      const socket = connect({ path })
      const chunks: Buffer[] = []
      let bytes = 0
      const fail = (reason: RuntimeApiReason, message: string, cause?: unknown): void => {
        cancel()
        socket.destroy()
        reject(new RuntimeApiError(reason, message, cause))
      }
      const cancel = timers.after(answerMs, () => {
        fail('silent', `HAProxy at ${path} did not answer within ${answerMs} ms; is its process paused?`)
      })
      socket.on('error', (error: NodeJS.ErrnoException) => fail('away', awayText(path, error), error))
      socket.on('data', (chunk) => {
        bytes += chunk.length
        if (bytes > MAX_ANSWER_BYTES)
          return fail('tooLong', `${path} answers more than HAProxy would: is it another program's socket?`)
        chunks.push(chunk)
      })
      socket.on('end', () => {
        cancel()
        resolve(Buffer.concat(chunks).toString('utf8'))
      })
      socket.write(`${commands.join(';')}\n`)
    })
  }
}

/**
 * The only words that HAProxy has for a change that it made. Everything else is a refusal, but that there was
 * nothing to delete.
 */
const SUCCESS = /^(IP changed from|port changed from|no need to change|entry not found|key not found)/i

const REFUSES_ALL = ['Permission denied', 'Unknown command', "Can't find backend", 'No such'] as const

function awayText(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT')
    return `There is no socket ${path}: start HAProxy, or name that of its "stats socket".`
  if (code === 'ECONNREFUSED') return `Nobody listens at ${path}: start HAProxy.`
  if (code === 'EACCES')
    return `${path} may not be opened by this user: set "user", "group" or "mode" of "stats socket".`
  return `HAProxy at ${path} cannot be asked: ${message}.`
}
