import { mkdir } from 'node:fs/promises'
import type { Runtime } from '@skein/core'
import { OptionError } from '@skein/resilience'
import type { DesiredServer, DriverEvent, ProxyDriver } from '../driver/driver.ts'
import type { ProxyOptions } from '../driver/proxy-options.ts'
import { ConfigFiles, configText, type ConfigText } from './config-files.ts'
import { nginxBinary, SOCKET_PATH_BYTES_MAX, socketOf, type Nginx } from './nginx-binary.ts'
import {
  DEFAULT_RELOADS,
  NO_RELOADS,
  planReload,
  reloaded,
  type ReloadPolicy,
  type ReloadReason,
  type ReloadState,
} from './reload-plan.ts'
import { renderUpstream, unwritable } from './render-upstream.ts'
import { renderNginx } from './render.ts'

export interface NginxDriverOptions {
  readonly proxy: ProxyOptions
  /** Absolute; made when it is missing. Whoever else writes there is overwritten. */
  readonly dir: string
  readonly runtime: Pick<Runtime, 'clock' | 'timers'>
  readonly onEvent?: (event: DriverEvent) => void
  readonly binary?: string
  /** Of the workers, when root starts it. */
  readonly user?: string
  /** Whether it starts NGINX when none runs; else somebody else does. */
  readonly starts?: boolean
  readonly reloads?: Partial<Pick<ReloadPolicy, 'intervalMs' | 'leastMove'>>
  /** The installed one unless told. */
  readonly nginx?: Nginx
}

/** What was refused, or did not start, is tried again so late: a name may be known by then, a port free. */
const RETRY_MS = 5_000
/** New workers answer within some hundred milliseconds. */
const IN_FORCE_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 50

/**
 *   wanted ──▶ worth a reload? ──▶ candidate beside ──▶ nginx -t ──▶ in place ──▶ SIGHUP ──▶ does it run?
 *                  │ no                                   │ no                               │ no
 *                  └ later, or never                      └ the old one stays, in words      └ in words
 *
 * Clients of a node that leaves are not cut by a reload: the node is only marked `down` while it drains, its
 * own drain moves them, and old workers keep what is open for longer than that (`hardStopMs` > `drainMs`).
 * NGINX is left running at the end: clients are on it.
 */
export class NginxDriver implements ProxyDriver {
  readonly name = 'nginx'
  readonly #options: NginxDriverOptions
  readonly #policy: ReloadPolicy
  readonly #files: ConfigFiles
  readonly #nginx: Nginx
  readonly #site: string
  #state: ReloadState = NO_RELOADS
  /** The newest in place, by this driver. */
  #inPlace: ConfigText | undefined
  #refused: { readonly generation: string; readonly atMs: number } | undefined
  #nudgedAtMs = -Infinity
  #trouble = ''
  #wanted: readonly DesiredServer[] | undefined
  #running: Promise<void> | undefined

  /** @throws OptionError for what NGINX cannot do. */
  constructor(options: NginxDriverOptions) {
    const { dir, proxy, user, binary = 'nginx' } = options
    this.#options = options
    this.#policy = { ...DEFAULT_RELOADS, ...options.reloads, hardStopMs: proxy.timeouts.hardStopMs }
    this.#site = renderNginx(proxy, { user })
    if (Buffer.byteLength(socketOf(dir)) > SOCKET_PATH_BYTES_MAX || !/^\/[^\s"'\\;{}#$]*$/.test(dir))
      throw new OptionError(`dir must be a short absolute path without spaces and quotes, got '${dir}'`)
    this.#files = new ConfigFiles(dir)
    this.#nginx = options.nginx ?? nginxBinary({ dir, binary })
  }

  async start(): Promise<void> {
    await mkdir(this.#options.dir, { recursive: true })
  }

  /** One list at a time; of those that come meanwhile only the newest is looked at. */
  apply(servers: readonly DesiredServer[]): Promise<void> {
    this.#wanted = servers
    this.#running ??= this.#bringAll().finally(() => (this.#running = undefined))
    return this.#running
  }

  async stop(): Promise<void> {
    this.#wanted = undefined
    await this.#running
  }

  async #bringAll(): Promise<void> {
    while (this.#wanted !== undefined) {
      const servers = this.#wanted
      this.#wanted = undefined
      try {
        await this.#bring(servers)
      } catch (error) {
        this.#troubled(`${error instanceof Error ? error.message : 'it failed'}; what runs stays`)
      }
    }
  }

  async #bring(servers: readonly DesiredServer[]): Promise<void> {
    const strange = unwritable(servers)
    if (servers.length === strange.length) return this.#troubled(nobody(strange))
    const plan = planReload(servers, this.#state, this.#nowMs(), this.#policy)
    if (!plan.reload) {
      if (!plan.waits) this.#refused = undefined
      return this.#keepRunning()
    }
    const upstream = renderUpstream(servers, this.#options.proxy)
    const text = configText(this.#site, upstream, socketOf(this.#options.dir))
    if (await this.#isAdopted(servers, text)) return
    if (await this.#isRefused(text)) return this.#keepRunning()
    await this.#files.put(text)
    this.#inPlace = text
    this.#state = reloaded(servers, this.#state, this.#nowMs(), this.#policy)
    await this.#bringIntoForce(text, plan.why)
  }

  /** A driver that comes back finds its work done: no reload for that. */
  async #isAdopted(servers: readonly DesiredServer[], text: ConfigText): Promise<boolean> {
    if (!(await this.#files.isInPlace(text))) return false
    if ((await this.#nginx.generation()) !== text.generation) return false
    this.#inPlace = text
    this.#state = { ...this.#state, inForce: servers }
    this.#well('runs what it should')
    return true
  }

  async #isRefused(text: ConfigText): Promise<boolean> {
    const { generation } = text
    const before = this.#refused
    if (before?.generation === generation && this.#nowMs() - before.atMs < RETRY_MS) return true
    const why = await this.#nginx.refusalOf(await this.#files.propose(text))
    this.#refused = why === undefined ? undefined : { generation, atMs: this.#nowMs() }
    if (why === undefined) return false
    this.#troubled(`nginx -t refuses the new configuration, the old one stays: ${why}`)
    return true
  }

  /** Nothing to change: but is it there, and does it run what is in place? */
  async #keepRunning(): Promise<void> {
    const text = this.#inPlace
    if (text === undefined || this.#nowMs() - this.#nudgedAtMs < RETRY_MS) return
    if ((await this.#nginx.generation()) === text.generation) {
      if (this.#refused === undefined) this.#well('runs what it should')
      return
    }
    await this.#bringIntoForce(text, undefined)
  }

  async #bringIntoForce(text: ConfigText, why: ReloadReason | undefined): Promise<void> {
    this.#nudgedAtMs = this.#nowMs()
    const { path } = this.#files
    const isThere = (await this.#nginx.generation()) !== undefined
    if (!isThere && this.#options.starts === false)
      return this.#troubled(`NGINX does not run; start it: nginx -p ${this.#options.dir} -c ${path}`)
    const failed = await (isThere ? this.#nginx.reload() : this.#nginx.start(path))
    if (failed !== undefined)
      return this.#troubled(`NGINX ${isThere ? 'was not reloaded' : 'does not start'}: ${failed}`)
    if (!(await this.#runsWithin(text.generation)))
      return this.#troubled(
        `NGINX does not run ${path} yet; its reason is at the end of ${this.#options.dir}/error.log`,
      )
    this.#nudgedAtMs = -Infinity
    const done = isThere ? `reloaded (${why ?? 'it ran another configuration'})` : 'started'
    this.#well(done)
    this.#tell('done', done)
  }

  async #runsWithin(generation: string): Promise<boolean> {
    const endMs = this.#nowMs() + IN_FORCE_WITHIN_MS
    for (;;) {
      if ((await this.#nginx.generation()) === generation) return true
      if (this.#nowMs() >= endMs) return false
      await new Promise<void>((resolve) => this.#options.runtime.timers.after(LOOK_EVERY_MS, resolve))
    }
  }

  #troubled(text: string): void {
    if (text === this.#trouble) return
    this.#trouble = text
    this.#tell('trouble', text)
  }

  #well(text: string): void {
    if (this.#trouble === '') return
    this.#trouble = ''
    this.#tell('recovered', text)
  }

  #tell(kind: DriverEvent['kind'], text: string): void {
    this.#options.onEvent?.({ kind, proxy: this.#files.path, text })
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }
}

const nobody = (strange: readonly DesiredServer[]): string =>
  strange.length === 0
    ? 'the cluster lists no node; what is known stays'
    : `the addresses of ${strange.map(({ name }) => name).join(', ')} cannot be written into a configuration; what is known stays`
