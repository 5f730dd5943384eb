import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DriverEvent } from '../driver/driver.ts'
import { proxyOptions, type ProxyOptionsInput } from '../driver/proxy-options.ts'
import { HaproxyDriver } from '../haproxy/haproxy-driver.ts'
import { renderHaproxy, type HaproxyFiles } from '../haproxy/render.ts'
import { RuntimeApi } from '../haproxy/runtime-api.ts'
import { prepareFolder, saveTo } from '../haproxy/state-files.ts'
import { realRuntime } from './real-runtime.ts'

/** A worker is there within a second, as a rule. */
const TELL_AGAIN_MS = 2_000

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

/** Asks again until it is so: real processes need a moment. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 8_000,
): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(20)
  }
}

export interface HaproxyBed {
  readonly port: number
  readonly socket: string
  readonly folder: string
  readonly api: RuntimeApi
  /** Said by drivers, newest last. */
  readonly events: string[]
  driver(): Promise<HaproxyDriver>
  /** A field of a slot in `show stat`. */
  stat(slot: string, field: string): Promise<string>
  /** SIGUSR2: another worker, and the old one keeps its WebSockets. */
  reload(): Promise<void>
  /** `kill -9`, and a start with the same files. */
  kill(): Promise<void>
  launch(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const { timers } = realRuntime()

/** A real HAProxy in master-worker mode on loopback, with a rendered configuration. */
export async function haproxyBed(
  given: Partial<ProxyOptionsInput> = {},
  more: Partial<HaproxyFiles> = {},
): Promise<HaproxyBed> {
  const folder = await mkdtemp(join(tmpdir(), 'skein-haproxy-'))
  const socket = join(folder, 'admin.sock')
  const port = await freePort()
  const options = proxyOptions({ listen: { host: '127.0.0.1', port }, slowStartMs: 0, ...given })
  await prepareFolder(folder)
  const file = join(folder, 'haproxy.cfg')
  await writeFile(file, renderHaproxy(options, { socket, slots: 4, farSlots: 2, ...more }))
  const api = new RuntimeApi({ socket, timers })
  const haproxy = new HaproxyProcess(file, api)
  const events: string[] = []
  const drivers: HaproxyDriver[] = []
  await haproxy.launch()
  return {
    port,
    socket,
    folder,
    api,
    events,
    async driver() {
      const onEvent = ({ text }: DriverEvent): void => void events.push(text)
      const driver = new HaproxyDriver({ socket, timers, onEvent, save: saveTo(folder) })
      drivers.push(driver)
      await driver.start()
      return driver
    },
    async stat(slot, field) {
      const lines = (await api.show(['show stat skein 4 -1'])).split('\n').map((line) => line.split(','))
      const column = lines[0]?.indexOf(field) ?? -1
      return lines.find((values) => values[1] === slot)?.[column] ?? ''
    },
    reload: () => haproxy.reload(),
    kill: () => haproxy.end('SIGKILL'),
    launch: () => haproxy.launch(),
    async [Symbol.asyncDispose]() {
      await Promise.all(drivers.map((driver) => driver.stop()))
      await haproxy.end('SIGTERM')
      await rm(folder, { recursive: true })
    },
  }
}

class HaproxyProcess {
  readonly #file: string
  readonly #api: RuntimeApi
  #child: ChildProcess | undefined
  #log = ''

  constructor(file: string, api: RuntimeApi) {
    this.#file = file
    this.#api = api
  }

  async launch(): Promise<void> {
    this.#log = ''
    const child = spawn('haproxy', ['-W', '-f', this.#file], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (this.#log += String(chunk)))
    await this.#until('HAProxy listens', async () => {
      if (child.exitCode !== null) throw new Error(`HAProxy ended: ${this.#log}`)
      return (await this.#pid()) !== '' && this.#log.includes('Loading success')
    })
  }

  async reload(): Promise<void> {
    const before = await this.#pid()
    let toldAtMs = -Infinity
    await this.#until('another worker answers', async () => {
      const now = await this.#pid()
      if (now !== '' && now !== before) return true
      // A master that has just begun, or begun anew, forgets what it is told before it listens.
      if (performance.now() - toldAtMs > TELL_AGAIN_MS) {
        toldAtMs = performance.now()
        this.#child?.kill('SIGUSR2')
      }
      return false
    })
  }

  /** The end of a master is that of its workers, old ones too. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    await this.#until('its workers have gone', async () => (await this.#pid()) === '')
  }

  /** Of the worker that answers; empty: none. */
  async #pid(): Promise<string> {
    const info = await this.#api.show(['show info']).catch(() => '')
    return /^Pid: (\d+)$/m.exec(info)?.[1] ?? ''
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    await until(what, isSo).catch((error: unknown) => {
      throw new Error(`${String(error)}; HAProxy said: ${this.#log}`)
    })
  }
}
