import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Failed } from './answer-parent.ts'

const STOP_PATIENCE_MS = 5_000

/** A child process that answers one command at a time. */
export class Child<Command, Answer extends { readonly done: string }> {
  readonly #child: ChildProcess
  readonly #name: string

  /** `modulePath`: a built module; the sources cannot be forked. */
  constructor(
    modulePath: string,
    name: string,
    options: { readonly execArgv?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
  ) {
    this.#name = name
    this.#child = fork(modulePath, [], {
      execArgv: [...(options.execArgv ?? [])],
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  request<Done extends Answer['done']>(
    command: Command,
    done: Done,
  ): Promise<Extract<Answer, { done: Done }>> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        this.#child.off('message', onMessage)
        this.#child.off('exit', onExit)
        finish()
      }
      const onMessage = (answer: Answer | Failed): void =>
        settle(() => {
          if (isDone(answer, done)) resolve(answer)
          else reject(new Error(`${this.#name}: ${JSON.stringify(answer)}`))
        })
      const onExit = (code: number | null): void =>
        settle(() => reject(new Error(`the ${this.#name} process ended with ${code} before it answered`)))
      this.#child.on('message', onMessage)
      this.#child.on('exit', onExit)
      this.#child.send(command as object)
    })
  }

  /** Ends the process, hard when it does not end by itself. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), STOP_PATIENCE_MS)
    await gone
    clearTimeout(hard)
  }
}

const isDone = <Answer extends { readonly done: string }, Done extends Answer['done']>(
  answer: Answer | Failed,
  done: Done,
): answer is Extract<Answer, { done: Done }> => answer.done === done
