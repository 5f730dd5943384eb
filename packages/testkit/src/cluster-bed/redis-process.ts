import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from './free-port.ts'
import { whenWeAreGone } from './watchdog.ts'

const EXECUTABLE = 'redis-server'
/** What to do where there is none. */
export const REDIS_MISSING =
  'redis-server is not on the PATH. Install it (apt-get install redis-server, brew install redis); `npm test` does so where it may.'
const ANSWER_MS = 2_000

export const hasRedisServer = (): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, EXECUTABLE)))

/** A Redis, or a Sentinel, of a test's own: on loopback, in a temporary folder, gone after `dispose`. */
export class RedisProcess {
  readonly port: number
  readonly #folder: string
  readonly #config: string
  readonly #sentinel: boolean
  #child: ChildProcess | undefined
  #watchdog: ChildProcess | undefined

  private constructor(port: number, folder: string, config: string, sentinel: boolean) {
    this.port = port
    this.#folder = folder
    this.#config = config
    this.#sentinel = sentinel
  }

  /** Keeps nothing on disk. `settings`: further lines of its configuration. */
  static redis(...settings: readonly string[]): Promise<RedisProcess> {
    return RedisProcess.#create(
      ['save ""', 'appendonly no', 'repl-diskless-sync-delay 0', ...settings],
      false,
    )
  }

  static sentinel(...settings: readonly string[]): Promise<RedisProcess> {
    return RedisProcess.#create(settings, true)
  }

  static async #create(settings: readonly string[], sentinel: boolean): Promise<RedisProcess> {
    if (!hasRedisServer()) throw new Error(REDIS_MISSING)
    const folder = await mkdtemp(join(tmpdir(), 'skein-test-redis-'))
    const port = await freePort()
    const config = join(folder, 'redis.conf')
    const lines = [`port ${port}`, 'bind 127.0.0.1', 'protected-mode no', `dir ${folder}`, ...settings]
    await writeFile(config, `${lines.join('\n')}\n`)
    const server = new RedisProcess(port, folder, config, sentinel)
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it again where it was. Does nothing while it runs. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return
    const args = [this.#config, ...(this.#sentinel ? ['--sentinel'] : [])]
    const child = spawn(EXECUTABLE, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#child = child
    this.#watchdog = whenWeAreGone('kill -KILL $1', String(child.pid))
    await ready(child, this.#sentinel ? 'Sentinel ID is' : 'Ready to accept connections')
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    await ended
    this.#watchdog?.kill('SIGKILL')
  }

  /** SIGSTOP: connections stand, nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Sends one command and answers with what the server says, as it stands on the wire. */
  async command(line: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1')
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`no answer to ${line}`)))
    socket.end(`${line}\r\n`)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return answer
  }

  async dispose(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function ready(child: ChildProcess, line: string): Promise<void> {
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-8_192)
      if (output.includes(line)) resolve()
    })
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`${EXECUTABLE} ended with ${code}:\n${output}`)))
  })
}
