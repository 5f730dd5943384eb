import type { Cancel, Runtime } from '@skein/core'
import type { GuardStatus } from '../observe/guards.ts'
import type { Logger } from '../observe/logger.ts'
import type { ClusterError } from './cluster-error.ts'
import { withDeadline } from './deadline.ts'
import { secretFingerprint, signIdentity } from './identity.ts'
import { clockIsOff, clockOff, joinRefusal, refusalOf, type ClockReading } from './joining.ts'
import { holdsLease, leaseFrom, type HeldLease } from './lease.ts'
import type { LoadReport, NodeIdentity, NodeRecord, NodeState } from './node-record.ts'
import { LEASE_TTL_MS, type Registry } from './registry.ts'

export const ANNOUNCE_MS = 1_000
const CALL_DEADLINE_MS = 1_000
const RETRY_MS = 250
/** A dead namesake's lease has ended by then; whoever still holds the name lives. */
const NAME_WAIT_MS = LEASE_TTL_MS + 1_000

/**
 * `member`: others see this node. `outside`: not yet, or no longer (its lease lapsed, the registry is
 * away). `refused`: for good. `left`: by its own wish.
 */
export type Standing = 'outside' | 'member' | 'refused' | 'left'

export interface AnnouncerOptions {
  readonly registry: Registry
  readonly runtime: Runtime
  readonly logger: Logger
  readonly identity: NodeIdentity
  readonly secret: string
  readonly load: () => LoadReport
  /** What this node can carry, relative to the others; 1 unless told. */
  readonly weight?: number | undefined
  /** Where it answers HAProxy's agent-check. */
  readonly agentPort?: number | undefined
  /** What protects it and acts now. */
  readonly guards?: () => readonly GuardStatus[]
  /** This node was a member and may not be one any more: it should drain and end. */
  readonly onRefused: (error: ClusterError) => void
}

/** Keeps this node in the registry: joins, renews each second, joins anew after a lapse. One call at a time. */
export class Announcer {
  readonly #options: AnnouncerOptions
  readonly #signature: string
  readonly #fingerprint: string
  #state: NodeState = 'joining'
  #reason = 'starting'
  #sinceMs: number
  #lease: HeldLease | undefined
  #ended: 'refused' | 'left' | undefined
  #clock: ClockReading | undefined
  #nameTakenSinceMs: number | undefined
  #inFlight = false
  #again = false
  #failing = false
  #cancelNext: Cancel = () => {}
  #starting: { resolve(): void; reject(error: ClusterError): void } | undefined

  constructor(options: AnnouncerOptions) {
    this.#options = options
    this.#signature = signIdentity(options.secret, options.identity)
    this.#fingerprint = secretFingerprint(options.secret)
    this.#sinceMs = options.runtime.clock.now()
  }

  /** Resolves when the node has joined, however long the registry is away; rejects with ClusterError. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject }
      void this.#turn()
    })
  }

  get standing(): Standing {
    if (this.#ended !== undefined) return this.#ended
    return holdsLease(this.#lease, this.#options.runtime.clock.monotonicMs()) ? 'member' : 'outside'
  }

  /** Grows with every join; undefined while this node is not surely a member. */
  get epoch(): number | undefined {
    return this.standing === 'member' ? this.#lease?.epoch : undefined
  }

  /** Why this node must not write: its clock is off. As of the last answer of the registry. */
  get clockFault(): ClusterError | undefined {
    return this.#clock !== undefined && clockIsOff(this.#clock) ? clockOff(this.#clock) : undefined
  }

  /** What the others are told, but for who this is and how loaded. */
  get announced(): Pick<NodeRecord, 'state' | 'reason' | 'sinceMs' | 'weight' | 'agentPort'> {
    const { weight = 1, agentPort } = this.#options
    const own = { state: this.#state, reason: this.#reason, sinceMs: this.#sinceMs, weight }
    return agentPort === undefined ? own : { ...own, agentPort }
  }

  /** Tells the others at once. */
  become(state: NodeState, reason: string): void {
    if (state === this.#state && reason === this.#reason) return
    if (state !== this.#state) this.#sinceMs = this.#options.runtime.clock.now()
    this.#state = state
    this.#reason = reason
    this.#poke()
  }

  /** The last thing. Does not reject: if the registry is away the lease ends by itself. */
  async leave(): Promise<void> {
    if (this.#ended !== undefined) return
    this.#ended = 'left'
    this.#cancelNext()
    this.#starting?.resolve()
    this.#starting = undefined
    const { registry, identity, logger } = this.#options
    await this.#call(registry.leave(identity.id)).catch((error: unknown) => {
      logger.info({ err: error }, 'the registry did not take our leave: the lease ends by itself')
    })
  }

  #poke(): void {
    if (this.#inFlight) this.#again = true
    else if (this.#starting === undefined && this.#ended === undefined) void this.#turn()
  }

  async #turn(): Promise<void> {
    this.#cancelNext()
    this.#inFlight = true
    this.#again = false
    const beganAtMs = this.#options.runtime.clock.monotonicMs()
    let delayMs: number
    try {
      delayMs = this.#lease === undefined ? await this.#join() : await this.#renew(this.#lease)
      this.#answered()
    } catch (error) {
      this.#failed(error)
      delayMs = RETRY_MS
    }
    this.#inFlight = false
    if (this.#ended !== undefined) return
    const { clock, timers } = this.#options.runtime
    const passedMs = clock.monotonicMs() - beganAtMs
    const waitMs = this.#again ? 0 : Math.max(0, delayMs - passedMs)
    this.#cancelNext = timers.after(waitMs, () => void this.#turn())
  }

  /** Answers when to come again. */
  async #join(): Promise<number> {
    const { registry, identity, secret, runtime } = this.#options
    const askedAtMs = runtime.clock.now()
    const listing = await this.#call(registry.list())
    const clock = { askedAtMs, answeredAtMs: runtime.clock.now(), registryMs: listing.nowMs }
    this.#readClock(clock)
    const refusal = joinRefusal({ identity, secret, listing, clock })
    if (refusal !== undefined) return this.#refused(refusal)
    const beganAtMs = runtime.clock.monotonicMs()
    const outcome = await this.#call(registry.join(this.#record(), this.#fingerprint))
    if (outcome.kind === 'joined') {
      this.#joined(leaseFrom(outcome.epoch, beganAtMs))
      return ANNOUNCE_MS
    }
    if (outcome.kind === 'nameTaken' && this.#mayBeDead(beganAtMs)) return RETRY_MS
    return this.#refused(refusalOf(outcome, identity))
  }

  #mayBeDead(nowMs: number): boolean {
    this.#nameTakenSinceMs ??= nowMs
    return nowMs - this.#nameTakenSinceMs < NAME_WAIT_MS
  }

  #joined(lease: HeldLease): void {
    this.#nameTakenSinceMs = undefined
    // Left while the answer was on its way: the lease ends by itself.
    if (this.#ended !== undefined) return
    this.#lease = lease
    this.#options.logger.info({ epoch: lease.epoch }, 'joined the cluster')
    this.#starting?.resolve()
    this.#starting = undefined
  }

  async #renew(lease: HeldLease): Promise<number> {
    const { registry, runtime, logger } = this.#options
    const beganAtMs = runtime.clock.monotonicMs()
    const askedAtMs = runtime.clock.now()
    const outcome = await this.#call(registry.announce(this.#record(), lease.epoch))
    this.#readClock({ askedAtMs, answeredAtMs: runtime.clock.now(), registryMs: outcome.nowMs })
    if (outcome.kind === 'renewed') {
      this.#lease = leaseFrom(lease.epoch, beganAtMs)
      return ANNOUNCE_MS
    }
    // It was given back while this was under way.
    if (this.#ended !== undefined) return ANNOUNCE_MS
    logger.warn(
      { epoch: lease.epoch },
      'the lease lapsed (paused, or cut off from the registry): joining anew',
    )
    this.#lease = undefined
    return 0
  }

  #readClock(reading: ClockReading): void {
    const wasOff = this.clockFault !== undefined
    this.#clock = reading
    const fault = this.clockFault
    if (fault !== undefined && !wasOff) this.#options.logger.error({}, fault.message)
    if (fault === undefined && wasOff) this.#options.logger.info({}, 'the clock is right again')
  }

  #refused(error: ClusterError): number {
    const { logger, onRefused } = this.#options
    if (this.#ended !== undefined) return ANNOUNCE_MS
    // Somebody may be setting it; until then the node serves as one that is outside.
    if (this.#starting === undefined && error.reason === 'clockOff') return ANNOUNCE_MS
    this.#ended = 'refused'
    if (this.#starting === undefined) {
      logger.error({ reason: error.reason }, error.message)
      onRefused(error)
    } else this.#starting.reject(error)
    this.#starting = undefined
    return ANNOUNCE_MS
  }

  #record(): NodeRecord {
    return {
      ...this.#options.identity,
      ...this.announced,
      load: this.#options.load(),
      guards: [...(this.#options.guards?.() ?? [])],
      signature: this.#signature,
    }
  }

  #call<T>(asked: Promise<T>): Promise<T> {
    return withDeadline(this.#options.runtime.timers, CALL_DEADLINE_MS, 'The registry', asked)
  }

  #answered(): void {
    if (this.#failing) this.#options.logger.info({}, 'announced to the registry again')
    this.#failing = false
  }

  #failed(error: unknown): void {
    if (!this.#failing) this.#options.logger.warn({ err: error }, 'the registry cannot be told: trying again')
    this.#failing = true
  }
}
