import { randomName, type Runtime, SkeinError } from '@skein/core'
import { CLOSE, type Migrate } from '@skein/protocol'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Bus, NodeMessage } from '../bus/bus.ts'
import { BusSubscriptions } from '../delivery/bus-subscriptions.ts'
import { Hub } from '../delivery/hub.ts'
import { ReadCursorWriter } from '../delivery/read-cursor-writer.ts'
import { Turn } from '../delivery/turn.ts'
import { Typing } from '../delivery/typing.ts'
import type { Connection, ConnectionHandler } from '../gateway/connection.ts'
import type { Committer } from '../log/committer.ts'
import { TailReader } from '../log/tail-reader.ts'
import type { Guards } from '../observe/guards.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import type { Logger } from '../observe/logger.ts'
import type { SessionContext } from '../session/context.ts'
import { sessionRules } from '../session/rules.ts'
import { Session } from '../session/session.ts'
import type { CommitEntry, CommitOutcome, LogRecord, Store, TailPage } from '../store/store.ts'
import { AcceptGate, type Turned } from './accept-gate.ts'
import { batchedReads } from './batched-reads.ts'
import { newCounters } from './counters.ts'
import { guardedCommits } from './guarded-commits.ts'
import { Incarnation } from './incarnation.ts'
import type { NodeLimits } from './limits.ts'
import { NodeBus } from './node-bus.ts'
import { nodeGuards } from './node-guards.ts'
import type { NodeStats } from './node-stats.ts'
import type { Overload } from './overload.ts'
import { SessionDirectory } from './session-directory.ts'

/** Sessions are looked at this often for handshakes, heartbeats and tokens that are overdue. */
const SWEEP_MS = 1_000
const STOPPING = 'this node is stopping'

export interface ChatNodeOptions {
  readonly name: string
  readonly store: Store
  readonly runtime: Runtime
  readonly authenticator: Authenticator
  readonly limits: NodeLimits
  readonly logger: Logger
  /** Where the node's parts add what protects them. */
  readonly guards?: Guards
  /** The node starts and stops it. */
  readonly bus: Bus
  /** Whether there is anybody to hear what is published; true unless told. */
  readonly hasPeers?: () => boolean
  /** What other nodes say that this one does not itself understand: probes, and what comes later. */
  readonly onMessage?: (message: NodeMessage) => void
  /** Absent: nothing is limited. Its owner closes it. */
  readonly rateLimits?: RateLimiter
  /** How long what comes now has waited for the event loop (`LoopLag`); 0 unless told. */
  readonly loopLagMs?: () => number
}

/** Asks sessions to move to another connection; the clients choose when, within the time (SPEC, MIG rules). */
export interface MigrateRequest {
  /** At most so many. */
  readonly count: number
  readonly withinMs: number
  /** Name of the node to go to: a hint for proxies. */
  readonly node?: string
  /** Where clients reach that node directly. */
  readonly url?: string
  readonly reason: string
}

/**
 * One server node: sessions on one side, the log on the other. It holds nothing that matters: what
 * is committed is in the store, and where a client stands the client knows.
 */
export class ChatNode {
  readonly #options: ChatNodeOptions
  readonly #context: SessionContext
  readonly #hub: Hub
  readonly #committer: Committer
  readonly #tail: TailReader
  readonly #readCursors: ReadCursorWriter
  readonly #subscriptions: BusSubscriptions
  readonly #bus: NodeBus
  readonly #sessions = new SessionDirectory()
  readonly #gate: AcceptGate
  readonly #overload: Overload
  readonly #startedAtMs: number
  #cancelSweep: () => void = () => {}
  #stopping = false
  #writesSuspendedBecause: string | undefined
  readonly #incarnation: Incarnation

  constructor(options: ChatNodeOptions) {
    const { store, runtime, limits, logger, bus, hasPeers = () => true } = options
    this.#options = options
    this.#incarnation = new Incarnation(store, logger)
    this.#startedAtMs = runtime.clock.monotonicMs()
    const { users, pages } = batchedReads(store, runtime)
    const turn = new Turn(runtime.timers)
    this.#subscriptions = new BusSubscriptions({
      bus,
      timers: runtime.timers,
      // Alone there is nobody whose commits could have been missed.
      onSubscribed: () => hasPeers() && this.#tail.poke(),
    })
    this.#hub = new Hub({ reader: pages, runtime, limits, logger, turn, subscriptions: this.#subscriptions })
    turn.onConversation((live) => this.#hub.flush(live))
    const { committer, overload } = guardedCommits(options, (records) => this.publish(records))
    this.#committer = committer
    this.#overload = overload
    this.#tail = new TailReader({ store, runtime, limits, logger, onHeads: (heads) => this.#heads(heads) })
    const typing = new Typing({
      hub: this.#hub,
      bus,
      clock: runtime.clock,
      hasPeers,
      admits: (user) => overload.ask('soft', user) === undefined,
    })
    this.#bus = this.#openBus(typing, hasPeers)
    const publish = (records: readonly LogRecord[]): void => this.publish(records)
    this.#readCursors = new ReadCursorWriter({ store, runtime, logger, publish })
    const counters = newCounters()
    this.#gate = new AcceptGate({ limits, runtime, counters, overload })
    this.#context = {
      nodeName: options.name,
      runtime,
      limits,
      ...sessionRules(limits),
      logger,
      authenticator: options.authenticator,
      store,
      gate: this.#gate,
      overload,
      directory: this.#sessions,
      hub: this.#hub,
      turn,
      typing,
      users,
      pages,
      readCursors: this.#readCursors,
      counters,
      ...(options.rateLimits !== undefined && { rateLimits: options.rateLimits }),
      submit: (entry) => this.#submitAdmitted(entry),
    }
    options.guards?.add(() => nodeGuards(this.#context, committer.stats(), this.#sessions.size))
  }

  /** Resolves when the log's tail has been read once: from then on nothing that is committed is missed. */
  async start(): Promise<void> {
    this.#sweepLater()
    this.#bus.start()
    await this.#tail.start()
  }

  get bus(): Bus {
    return this.#options.bus
  }

  /** Takes a connection. One that finds no place is told to wait. */
  accept(connection: Connection): ConnectionHandler {
    const session = new Session(
      this.#context,
      randomName(this.#options.runtime.random),
      connection,
      (ended) => this.#sessions.remove(ended),
    )
    this.#sessions.add(session)
    const turned = this.#gate.atTheDoor(this.#sessions.size)
    if (turned !== undefined) this.#dismiss(session, turned)
    return session
  }

  /** All connections, those that did not say hello yet included. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Those that were asked to migrate, are still here, and have time left for it. */
  get leavingCount(): number {
    return this.#sessions.leaving(this.#options.runtime.clock.monotonicMs())
  }

  /** Answers how many were asked. Whoever stays is served in full, and may be asked again after `withinMs`. */
  migrate({ count, ...request }: MigrateRequest): number {
    const { clock, random } = this.#options.runtime
    const frame: Migrate = { t: 'migrate', ...request }
    const chosen = this.#sessions.chooseToLeave(count, clock.monotonicMs(), random)
    for (const session of chosen) {
      session.migrate(frame)
      this.#sessions.asked(session)
    }
    this.#context.counters.migrations += chosen.length
    return chosen.length
  }

  /** From now on new clients are sent elsewhere; those who are here stay. */
  closeAdmission(reason: string): void {
    this.#gate.close(reason)
  }

  openAdmission(): void {
    if (!this.#stopping) this.#gate.open()
  }

  /** While there is a reason, whatever would be committed is refused: send it elsewhere. */
  suspendWrites(reason: string | undefined): void {
    this.#writesSuspendedBecause = reason
  }

  /** Closes all sessions that are left. */
  dismissRest(reason: string): void {
    for (const session of [...this.#sessions]) this.#dismiss(session, this.#gate.elsewhere(reason))
  }

  /** Commits an entry together with whatever comes at the same time, and tells who follows. */
  submit(entry: CommitEntry): Promise<CommitOutcome> {
    const turned = this.#overload.askToSend(entry.sender)
    if (turned === undefined) return this.#submitAdmitted(entry)
    const { code, message, retryAfterMs } = turned
    return Promise.reject(new SkeinError(code, message, { remedy: 'retry', retryAfterMs }))
  }

  #submitAdmitted(entry: CommitEntry): Promise<CommitOutcome> {
    const reason = this.#writesSuspendedBecause
    if (reason === undefined) return this.#committer.submit(entry)
    const { message, retryAfterMs } = this.#gate.elsewhere(`this node writes nothing now: ${reason}`)
    return Promise.reject(new SkeinError('draining', message, { remedy: 'retryElsewhere', retryAfterMs }))
  }

  /** Tells sessions and other nodes what was committed through this one. */
  publish(records: readonly LogRecord[]): void {
    this.#checkIncarnation()
    this.#hub.publish(records)
    this.#tail.passedOn(records)
    this.#bus.publish(records)
  }

  stats(): NodeStats {
    const nowMs = this.#options.runtime.clock.monotonicMs()
    const { waitingEntries, waitingBytes, queueWaitMs } = this.#committer.stats()
    const { verifiedAtMs } = this.#tail
    return {
      name: this.#options.name,
      origin: this.#options.store.identity.origin,
      state: this.#stopping ? 'stopping' : 'running',
      upMs: nowMs - this.#startedAtMs,
      sessions: this.#sessions.size,
      liveConversations: this.#hub.conversations,
      counters: { ...this.#context.counters },
      deliveries: this.#hub.deliveries,
      repairs: this.#hub.repairs,
      waitingEntries,
      waitingBytes,
      queueWaitMs,
      tail: this.#tail.state,
      tailAgeMs: verifiedAtMs === undefined ? null : nowMs - verifiedAtMs,
    }
  }

  /** Commits what is under way, tells everybody to go elsewhere, and lets go. The store stays open. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.closeAdmission(STOPPING)
    await this.#committer.stop(deadlineMs)
    await this.#readCursors.flush()
    this.dismissRest(STOPPING)
    this.#tail.stop()
    this.#cancelSweep()
    this.#subscriptions.stop()
    await this.#options.bus.stop()
  }

  #openBus(typing: Typing, hasPeers: () => boolean): NodeBus {
    return new NodeBus({
      bus: this.#options.bus,
      hub: this.#hub,
      tail: this.#tail,
      typing,
      hasPeers,
      origin: () => this.#checkIncarnation(),
      onMessage: (message) => this.#options.onMessage?.(message),
    })
  }

  #heads(heads: TailPage['heads']): void {
    this.#checkIncarnation()
    // Told without heads when it begins to read.
    if (heads.length === 0) this.#hub.toldFromNowOn()
    else this.#hub.heads(heads)
  }

  /** Answers the origin now. What was passed on of an earlier incarnation may be void: every session resumes anew. */
  #checkIncarnation(): string {
    return this.#incarnation.check(() => {
      this.#hub.forget()
      for (const session of [...this.#sessions]) session.startAnew()
      this.#tail.restart()
    })
  }

  #dismiss(session: Session, why: Turned): void {
    session.tell(why)
    session.close(CLOSE[why.code], why.message)
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.runtime.timers.after(SWEEP_MS, () => {
      this.#checkIncarnation()
      // Where nobody sends any more, nobody else would notice that the commits under way hang.
      this.#committer.breaker.look()
      const { clock } = this.#options.runtime
      const now = { monotonicMs: clock.monotonicMs(), wallMs: clock.now() }
      for (const session of this.#sessions) session.sweep(now)
      if (!this.#stopping) this.#sweepLater()
    })
  }
}
