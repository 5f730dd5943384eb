import type { Cancel, Timers } from '@skein/core'
import type { DesiredServer, DriverEvent, ProxyDriver } from '../driver/driver.ts'
import { Addresses } from './addresses.ts'
import { OBSERVE, readMap, readObserved, type ObservedProxy } from './observed.ts'
import { reconcile, type Step } from './reconcile.ts'
import { RuntimeApi, RuntimeApiError } from './runtime-api.ts'
import { slotViews, type SlotView } from './slot-view.ts'
import { isSupported, OLDEST } from './version.ts'

/** Dead ports, reloads and what others changed at the proxy are seen this soon. */
const LOOK_EVERY_MS = 500

export interface HaproxyDriverOptions {
  readonly socket: string
  readonly timers: Pick<Timers, 'after'>
  /** The system's resolver unless told. */
  readonly resolve?: (host: string) => Promise<string>
  readonly onEvent?: (event: DriverEvent) => void
  /** Keeps what a reload should find again; `StateFiles` writes it to where the configuration reads it. */
  readonly save?: (saved: SavedState) => Promise<void>
}

export interface SavedState {
  /** For `server-state-file`. */
  readonly servers: string
  /** Node to slot, for the file of the map. */
  readonly map: ReadonlyMap<string, string>
}

/**
 * Looks at the proxy each half second and puts right what differs from what the cluster wants. It keeps no
 * state of its own about the proxy, so a reload, a restart, or another driver at the same socket needs no
 * special case.
 */
export class HaproxyDriver implements ProxyDriver {
  readonly name = 'haproxy'
  readonly #options: HaproxyDriverOptions
  readonly #api: RuntimeApi
  readonly #addresses: Addresses
  /** Undefined until the cluster was heard: nothing is touched before that. */
  #desired: readonly DesiredServer[] | undefined
  /** The same with addresses. */
  #placed: readonly DesiredServer[] = []
  #seen: ObservedProxy | undefined
  #pid = ''
  #trouble = ''
  #said: ReadonlySet<string> = new Set()
  #saved = ''
  #round: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | undefined
  #cancel: Cancel = () => undefined
  #stopped = false

  constructor(options: HaproxyDriverOptions) {
    this.#options = options
    this.#api = new RuntimeApi(options)
    this.#addresses = new Addresses(options.resolve)
  }

  async start(): Promise<void> {
    try {
      this.#seen = await this.#look()
    } catch (error) {
      if (!(error instanceof RuntimeApiError) || error.reason === 'refused') throw error
      this.#troubled(error)
    }
    this.#later()
  }

  apply(servers: readonly DesiredServer[]): Promise<void> {
    this.#desired = servers
    return this.#next()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#round
  }

  /** The proxy as it was seen last, with the names of the nodes; empty while it is away. */
  status(): readonly SlotView[] {
    return this.#trouble === '' && this.#seen !== undefined ? slotViews(this.#seen.slots, this.#placed) : []
  }

  get socket(): string {
    return this.#options.socket
  }

  /** Why the proxy cannot be driven now; undefined: it can. */
  get trouble(): string | undefined {
    return this.#trouble === '' ? undefined : this.#trouble
  }

  #later(): void {
    if (this.#stopped) return
    this.#cancel = this.#options.timers.after(
      LOOK_EVERY_MS,
      () => void this.#next().then(() => this.#later()),
    )
  }

  /** One round after the other. All that come while one runs are the next one: it sees the newest wish. */
  #next(): Promise<void> {
    if (this.#waiting !== undefined) return this.#waiting
    const mine = this.#round.then(() => {
      this.#waiting = undefined
      return this.#stopped ? undefined : this.#bring()
    })
    this.#waiting = mine
    this.#round = mine
    return mine
  }

  async #bring(): Promise<void> {
    try {
      const seen = await this.#look()
      this.#seen = seen
      this.#recovered(seen)
      if (this.#desired === undefined) return
      const { slots, mapFile } = seen
      const map =
        mapFile === undefined
          ? new Map<string, string>()
          : readMap(await this.#api.show([`show map ${mapFile}`]))
      const { servers, nameless } = await this.#addresses.place(this.#desired)
      this.#placed = servers
      const steps = reconcile(servers, { slots, mapFile, map })
      for (const { commands } of steps) if (commands.length > 0) await this.#api.change(commands)
      this.#tell([...steps, ...nameless.map(unresolved)])
      await this.#save(steps.length === 0 ? { seen, map } : undefined)
    } catch (error) {
      this.#troubled(error)
    }
  }

  /** @throws RuntimeApiError; `refused` when it can never be driven as it is. */
  async #look(): Promise<ObservedProxy> {
    const { socket } = this.#options
    const seen = readObserved(await this.#api.show(OBSERVE).catch(explain(socket)))
    if (seen === undefined)
      throw new RuntimeApiError('refused', `What answers at ${socket} is no HAProxy's Runtime API.`)
    if (!isSupported(seen.version))
      throw new RuntimeApiError(
        'refused',
        `HAProxy ${seen.version} at ${socket} is too old: ${OLDEST} or newer is needed.`,
      )
    return seen
  }

  /** When nothing was to be done: then it is as it should be. Weights that move are not worth a write. */
  async #save(
    settled: { readonly seen: ObservedProxy; readonly map: SavedState['map'] } | undefined,
  ): Promise<void> {
    const { save } = this.#options
    if (save === undefined || settled === undefined) return
    const { seen, map } = settled
    const places = seen.slots.map(({ name, host, port, maintenance, drained }) => [
      name,
      host,
      port,
      maintenance,
      drained,
    ])
    const key = JSON.stringify([places, [...map]])
    if (key === this.#saved) return
    this.#saved = key
    await save({ servers: seen.stateText, map }).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      this.#event(
        'trouble',
        `What a reload should find cannot be written (${why}): until it can, a reload refuses clients for a moment.`,
      )
    })
  }

  #tell(steps: readonly Step[]): void {
    const says = new Set(steps.map((step) => step.says).filter((text) => text !== ''))
    for (const { says: text, commands } of steps) {
      if (text === '' || this.#said.has(text)) continue
      this.#event(commands.length === 0 ? 'trouble' : 'done', text)
    }
    this.#said = says
  }

  #recovered({ pid, version }: ObservedProxy): void {
    const before = this.#pid
    this.#pid = pid
    if (this.#trouble !== '') this.#event('recovered', `HAProxy ${version} answers again.`)
    else if (before !== '' && before !== pid)
      this.#event('done', `HAProxy was reloaded; process ${pid} is taken over.`)
    this.#trouble = ''
  }

  /** Told once, until it changes. */
  #troubled(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    if (text !== this.#trouble) this.#event('trouble', text)
    this.#trouble = text
  }

  #event(kind: DriverEvent['kind'], text: string): void {
    this.#options.onEvent?.({ kind, proxy: this.#options.socket, text })
  }
}

const unresolved = ({ name, host }: DesiredServer): Step => ({
  commands: [],
  says: `${name}: nobody resolves its name ${host}; set the node's peerUrl to an address that this machine reaches.`,
})

/** Without the backend of ours there is nothing to drive. */
const explain =
  (socket: string) =>
  (error: unknown): never => {
    if (!(error instanceof RuntimeApiError) || !/No such proxy|Can't find backend/.test(error.message))
      throw error
    const text = `HAProxy at ${socket} has no backend "skein": render its configuration with skein edge render haproxy.`
    throw new RuntimeApiError('refused', text, error)
  }
