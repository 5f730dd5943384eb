import type { Cancel, Runtime } from '@skein/core'
import type { DispatchDocument, DispatchEndpoint } from '@skein/protocol'
import {
  DEFAULT_BALANCER,
  observeRtt,
  STRATEGY_NAMES,
  type PeakEwma,
  type StrategyName,
} from '@skein/resilience'
import type { ConnectionStatus } from '../api.ts'
import { illness, type Endpoints } from '../connection/endpoints.ts'
import { awayFrom, HOME_CHECKS, HOME_WITHIN_MS, nextHomeCheckMs } from './homing.ts'
import type { DispatchOptions } from './options.ts'
import { httpProbe, probeSome, type DispatchProbe, type ProbeResult } from './probe.ts'
import { ranked } from './ranking.ts'

/** The connection, as far as the choice is concerned. */
export interface ChosenFor {
  /** What it knows of its endpoints. */
  readonly endpoints: Endpoints | undefined
  readonly status: ConnectionStatus
  /** URLs, best first. */
  setEndpoints(urls: readonly string[]): void
  probeFailed(url: string): void
  /** Moves there without a break, or stays. */
  improve(url: string, withinMs: number): void
}

export interface ChooserOptions {
  readonly dispatch: DispatchOptions
  /** The client's own list: last of all, and alone while there is no other. */
  readonly fallback: readonly string[]
  /** Whose choice it is, for strategies that hash. */
  readonly key: string
  readonly runtime: Runtime
  readonly connection: ChosenFor
  readonly warning: (code: string, message: string) => void
}

/** Who has no list by then begins with its own, if it has one. */
export const FALLBACK_AFTER_MS = 2_500
/** Who is not connected again looks around, within this after the loss, and not more often than that. */
export const LOOK_JITTER_MS = 1_000
export const LOOK_AGAIN_MS = 5_000

/** Which endpoints are tried, in which order, and when a better one is worth a move. */
export class Chooser {
  readonly #options: ChooserOptions
  readonly #probe: DispatchProbe
  readonly #ended = new AbortController()
  readonly #rtt = new Map<string, PeakEwma>()
  #document: DispatchDocument | undefined
  #hasBegun = false
  #isLooking = false
  #homeChecks = 0
  #cancelFallback: Cancel = () => {}
  #cancelLook: Cancel = () => {}
  #cancelHome: Cancel | undefined

  constructor(options: ChooserOptions) {
    this.#options = options
    this.#probe = options.dispatch.probe ?? httpProbe
  }

  start(): void {
    const { fallback, runtime } = this.#options
    if (fallback.length === 0) return
    this.#cancelFallback = runtime.timers.after(FALLBACK_AFTER_MS, () => {
      if (!this.#hasBegun) this.#options.connection.setEndpoints(fallback)
    })
  }

  stop(): void {
    this.#ended.abort()
    this.#cancelFallback()
    this.#cancelLook()
    this.#cancelHome?.()
  }

  list(document: DispatchDocument | undefined): void {
    this.#document = document
    this.#warnOfStrategy(document?.strategy)
    const urls = new Set(document?.endpoints.map(({ url }) => url))
    for (const url of this.#rtt.keys()) if (!urls.has(url)) this.#rtt.delete(url)
    if (document === undefined) return this.#options.connection.setEndpoints(this.#options.fallback)
    // The first choice is worth a look around.
    if (this.#hasBegun || document.endpoints.length === 1) return this.#tell(this.#order(this.#seed()))
    if (!this.#isLooking) void this.#look()
  }

  online(): void {
    this.#cancelLook()
    this.#isLooking = false
    const { dispatch, fallback } = this.#options
    const mayBeAway = dispatch.home !== undefined || fallback.length > 0
    if (mayBeAway && this.#cancelHome === undefined) this.#scheduleHomeCheck()
  }

  /** An attempt failed or a connection was lost. The next attempts do not wait for what is found here. */
  lost(): void {
    if (this.#isLooking || this.#document === undefined) return
    this.#isLooking = true
    const { random, timers } = this.#options.runtime
    this.#cancelLook = timers.after(random.next() * LOOK_JITTER_MS, () => void this.#look())
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    const { connection, runtime } = this.#options
    const seed = this.#seed()
    const ill = this.#ill()
    const some = this.#order(seed).filter((url) => !ill.has(url))
    const dead = new Set<string>()
    const told = (result: ProbeResult): void => {
      this.#heard(result)
      if (result.rttMs !== undefined) return
      dead.add(result.endpoint)
      connection.probeFailed(result.endpoint)
    }
    await probeSome(some, this.#probe, runtime, this.#ended.signal, told)
    if (this.#ended.signal.aborted) return
    this.#cancelLook = runtime.timers.after(LOOK_AGAIN_MS, () => {
      this.#isLooking = false
    })
    // With the same dice: what was found out decides, and nothing else.
    this.#tell(this.#order(seed, dead))
    for (const url of dead) connection.probeFailed(url)
  }

  #tell(order: readonly string[]): void {
    if (order.length === 0) return
    this.#hasBegun = true
    this.#options.connection.setEndpoints([...order, ...this.#options.fallback])
  }

  #heard({ endpoint, rttMs }: ProbeResult): void {
    if (rttMs === undefined) return
    const nowMs = this.#options.runtime.clock.monotonicMs()
    this.#rtt.set(endpoint, observeRtt(this.#rtt.get(endpoint), rttMs, nowMs))
  }

  #order(seed: number, dead: ReadonlySet<string> = new Set()): string[] {
    const { dispatch, key, runtime } = this.#options
    return ranked({
      endpoints: this.#endpoints,
      strategy: dispatch.strategy ?? knownStrategy(this.#document?.strategy) ?? DEFAULT_BALANCER.strategy,
      home: dispatch.home,
      rtt: this.#rtt,
      ill: new Set([...this.#ill(), ...dead]),
      key,
      nowMs: runtime.clock.monotonicMs(),
      seed,
    })
  }

  get #isOnline(): boolean {
    return this.#options.connection.status.state === 'online'
  }

  get #endpoints(): readonly DispatchEndpoint[] {
    return this.#document?.endpoints ?? []
  }

  #ill(): Set<string> {
    const nowMs = this.#options.runtime.clock.monotonicMs()
    const health = this.#options.connection.endpoints?.health ?? []
    return new Set(health.filter((one) => illness(one, nowMs) > 0).map(({ url }) => url))
  }

  #seed(): number {
    return Math.floor(this.#options.runtime.random.next() * 2 ** 32)
  }

  #warnOfStrategy(name: string | undefined): void {
    if (name === undefined || this.#options.dispatch.strategy !== undefined) return
    if (knownStrategy(name) !== undefined) return
    const message = `the list asks for the strategy '${name}', which this version does not have`
    this.#options.warning('dispatchStrategy', `${message}: going on with ${DEFAULT_BALANCER.strategy}`)
  }

  #scheduleHomeCheck(): void {
    const { random, timers } = this.#options.runtime
    this.#cancelHome = timers.after(nextHomeCheckMs(random.next()), () => {
      this.#scheduleHomeCheck()
      void this.#checkHome()
    })
  }

  async #checkHome(): Promise<void> {
    const { connection, runtime } = this.#options
    const nearer = this.#nearer()
    if (nearer === undefined) {
      this.#homeChecks = 0
      return
    }
    let isWell = false
    await probeSome([nearer], this.#probe, runtime, this.#ended.signal, (result) => {
      this.#heard(result)
      isWell = result.rttMs !== undefined
    })
    if (this.#ended.signal.aborted) return
    this.#homeChecks = isWell ? this.#homeChecks + 1 : 0
    if (!isWell) return connection.probeFailed(nearer)
    if (this.#homeChecks < HOME_CHECKS || !this.#isOnline) return
    this.#homeChecks = 0
    connection.improve(nearer, HOME_WITHIN_MS)
  }

  /** One that the strategy would choose now, that seems well and is nearer than the one in use. */
  #nearer(): string | undefined {
    const { connection, dispatch } = this.#options
    const current = connection.endpoints?.current
    const away = awayFrom(dispatch.home, this.#endpoints, current)
    if (away === 0 || !this.#isOnline) return undefined
    const [best] = this.#order(this.#seed())
    if (best === undefined || this.#ill().has(best)) return undefined
    return awayFrom(dispatch.home, this.#endpoints, best) < away ? best : undefined
  }
}

const knownStrategy = (text: string | undefined): StrategyName | undefined =>
  STRATEGY_NAMES.find((name) => name === text)
