import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { HaproxyDriver, prepareFolder, renderHaproxy, saveTo } from '@skein/edge'
import { systemRuntime } from '@skein/server'
import { killTree, until, watchPidFile } from './process-tree.ts'
import { neededBinary } from './proxy-binary.ts'
import { START_MS, type RealProxy, type RealProxyPlace } from './real-proxy.ts'

/** Another worker is there within a second, as a rule. */
const TELL_AGAIN_MS = 2_000

const BACKEND = 'skein'
const SLOTS = 8
const ANSWER_MS = 1_000
const OUTPUT_KEPT_CHARACTERS = 4_000

/** HAProxy in master-worker mode, with the configuration that `skein edge render haproxy` makes. */
export class RealHaproxy implements RealProxy {
  readonly kind = 'haproxy'
  readonly driver: HaproxyDriver
  readonly #place: RealProxyPlace
  readonly #socket: string
  readonly #pidFile: string
  readonly #watchdog: ChildProcess
  #child: ChildProcess | undefined
  #output = ''

  constructor(place: RealProxyPlace) {
    const { folder, onEvent } = place
    this.#place = place
    this.#socket = join(folder, 'admin.sock')
    this.#pidFile = join(folder, 'haproxy.pid')
    this.#watchdog = watchPidFile(this.#pidFile)
    const { timers } = systemRuntime()
    this.driver = new HaproxyDriver({ socket: this.#socket, timers, save: saveTo(folder), onEvent })
  }

  async pid(): Promise<number | undefined> {
    return this.#child?.pid
  }

  async start(): Promise<void> {
    const { folder, options } = this.#place
    const file = join(folder, 'haproxy.cfg')
    await prepareFolder(folder)
    await writeFile(file, renderHaproxy(options, { socket: this.#socket, slots: SLOTS }))
    this.#output = ''
    const args = ['-W', '-f', file, '-p', this.#pidFile]
    const child = spawn(neededBinary('haproxy'), args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        this.#output = (this.#output + String(chunk)).slice(-OUTPUT_KEPT_CHARACTERS)
      })
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined
    })
    await until('HAProxy listens', START_MS, async () => {
      if (this.#child !== child) throw new Error(`HAProxy ended:\n${this.#output}`)
      return (await this.workerPid()) !== '' && this.#output.includes('Loading success')
    })
  }

  async reload(): Promise<void> {
    const before = await this.workerPid()
    let toldAtMs = -Infinity
    await until('another worker of HAProxy answers', START_MS, async () => {
      const now = await this.workerPid()
      if (now !== '' && now !== before) return true
      // A master that has just begun, or begun anew, forgets what it is told before it listens.
      if (performance.now() - toldAtMs > TELL_AGAIN_MS) {
        toldAtMs = performance.now()
        this.#child?.kill('SIGUSR2')
      }
      return false
    })
  }

  async kill(): Promise<void> {
    await this.#end(killTree)
  }

  async dispose(): Promise<void> {
    await this.#end(async (pid) => void process.kill(pid, 'SIGTERM'))
    this.#watchdog.kill('SIGKILL')
  }

  /** Empty: none answers. */
  async workerPid(): Promise<string> {
    return /^Pid: (\d+)$/m.exec(await this.#ask('show info').catch(() => ''))?.[1] ?? ''
  }

  /** In percent, as it is in force right now, by node. */
  async weights(): Promise<ReadonlyMap<string, number>> {
    const text = await this.#ask(`show stat ${BACKEND} 4 -1`).catch(() => '')
    return this.#column(text, 'weight')
  }

  /** Connections that each node was given since the last reload. */
  async picked(): Promise<ReadonlyMap<string, number>> {
    const text = await this.#ask(`show stat ${BACKEND} 4 -1`).catch(() => '')
    return this.#column(text, 'stot')
  }

  #column(text: string, name: string): ReadonlyMap<string, number> {
    const [head = [], ...rows] = text.split('\n').map((line) => line.split(','))
    const at = head.indexOf(name)
    const nodes = new Map(this.driver.status().map(({ slot, node }) => [slot, node]))
    return new Map(
      rows.flatMap((row) => {
        const node = nodes.get(row[1] ?? '')
        return node === undefined ? [] : [[node, Number(row[at])] as const]
      }),
    )
  }

  async #ask(command: string): Promise<string> {
    const socket = connect(this.#socket)
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`HAProxy does not answer ${command}`)))
    socket.end(`${command}\n`)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return answer
  }

  async #end(how: (pid: number) => Promise<void>): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined) return
    const gone = once(child, 'exit')
    await how(child.pid)
    await gone
  }
}
