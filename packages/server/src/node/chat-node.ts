import { randomName, type Runtime } from '@skein/core'
import { CLOSE, LIMITS } from '@skein/protocol'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Bus, NodeMessage } from '../bus/bus.ts'
import { Batcher } from '../delivery/batcher.ts'
import { Hub } from '../delivery/hub.ts'
import { ReadCursorWriter } from '../delivery/read-cursor-writer.ts'
import { Turn } from '../delivery/turn.ts'
import type { Connection, ConnectionHandler } from '../gateway/connection.ts'
import { Committer } from '../log/committer.ts'
import { TailReader, type TailState } from '../log/tail-reader.ts'
import type { Logger } from '../observe/logger.ts'
import type { SessionContext } from '../session/context.ts'
import { Session } from '../session/session.ts'
import type {
  CommitEntry,
  CommitOutcome,
  LogRecord,
  ReadPage,
  ReadRequest,
  Store,
  TailPage,
  UserKey,
  UserState,
} from '../store/store.ts'
import { newCounters, type NodeCounters } from './counters.ts'
import type { NodeLimits } from './limits.ts'

/** Sessions are looked at this often for handshakes, heartbeats and tokens that are overdue. */
const SWEEP_MS = 1_000
/** Frames that may wait behind a hello: a resume and a first burst of sends. */
const WAITING_FRAMES = 300
/** Questions in one round trip to the store, round trips at once, questions that may wait. */
const USERS_PER_READ = 100
const PAGES_PER_READ = 50
const READS_IN_FLIGHT = 2
const READS_WAITING = 20_000

export interface ChatNodeOptions {
  readonly name: string
  readonly store: Store
  readonly runtime: Runtime
  readonly authenticator: Authenticator
  readonly limits: NodeLimits
  readonly logger: Logger
  /** The node starts and stops it. */
  readonly bus: Bus
  /** Whether there is anybody to hear what is published; true unless told. */
  readonly hasPeers?: () => boolean
  /** What other nodes say that this one does not itself understand: probes, and what comes later. */
  readonly onMessage?: (message: NodeMessage) => void
}

export interface NodeStats {
  readonly name: string
  readonly origin: string
  readonly state: 'running' | 'stopping'
  readonly upMs: number
  readonly sessions: number
  readonly liveConversations: number
  readonly counters: Readonly<NodeCounters>
  readonly deliveries: number
  readonly repairs: number
  readonly waitingEntries: number
  readonly waitingBytes: number
  readonly tail: TailState
  /** Age of the last complete tail read; null before the first. */
  readonly tailAgeMs: number | null
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
  readonly #sessions = new Set<Session>()
  readonly #startedAtMs: number
  #cancelSweep: () => void = () => {}
  #stopping = false
  #origin: string

  constructor(options: ChatNodeOptions) {
    const { store, runtime, limits, logger } = options
    this.#options = options
    this.#origin = store.identity.origin
    this.#startedAtMs = runtime.clock.monotonicMs()
    const { timers } = runtime
    const bounds = { timers, maxInFlight: READS_IN_FLIGHT, maxWaiting: READS_WAITING }
    const users = new Batcher<UserKey, UserState>({
      ...bounds,
      maxBatch: USERS_PER_READ,
      load: (keys) => store.users(keys),
    })
    const pages = new Batcher<ReadRequest, ReadPage>({
      ...bounds,
      maxBatch: PAGES_PER_READ,
      load: (asked) => store.read(asked),
    })
    const turn = new Turn(timers)
    this.#hub = new Hub({ reader: pages, runtime, limits, logger, turn })
    turn.onConversation((live) => this.#hub.flush(live))
    this.#committer = new Committer({
      store,
      runtime,
      limits,
      logger,
      onCommitted: (records) => this.publish(records),
    })
    this.#tail = new TailReader({ store, runtime, limits, logger, onHeads: (heads) => this.#heads(heads) })
    this.#readCursors = new ReadCursorWriter({
      store,
      runtime,
      logger,
      publish: (records) => this.publish(records),
    })
    this.#context = {
      nodeName: options.name,
      runtime,
      limits,
      framePace: {
        limit: { perSecond: limits.framesPerSecond, burst: limits.framesBurst },
        patienceMs: limits.tooFastPatienceMs,
      },
      bounds: {
        handshakeMs: LIMITS.handshakeMs,
        heartbeatMs: limits.heartbeatMs,
        waitingFrames: WAITING_FRAMES,
      },
      logger,
      authenticator: options.authenticator,
      store,
      hub: this.#hub,
      turn,
      users,
      pages,
      readCursors: this.#readCursors,
      counters: newCounters(),
      submit: (entry) => this.submit(entry),
    }
  }

  /** Resolves when the log's tail has been read once: from then on nothing that is committed is missed. */
  async start(): Promise<void> {
    this.#sweepLater()
    this.#options.bus.start({
      onHints: () => undefined,
      onMessage: (message) => this.#options.onMessage?.(message),
      onState: () => undefined,
    })
    await this.#tail.start()
  }

  get bus(): Bus {
    return this.#options.bus
  }

  /** Takes a connection. One that finds no place is told to wait. */
  accept(connection: Connection): ConnectionHandler {
    const { runtime, limits } = this.#options
    const session = new Session(this.#context, randomName(runtime.random), connection, (ended) =>
      this.#sessions.delete(ended),
    )
    this.#sessions.add(session)
    if (this.#stopping) this.#dismiss(session)
    else if (this.#sessions.size > limits.maxConnections) {
      session.tell({
        code: 'overloaded',
        message: 'this node is full',
        retryAfterMs: this.#jitterMs(2_000, 5_000),
      })
      session.close(CLOSE.overloaded, 'this node is full')
    }
    return session
  }

  /** Commits an entry together with whatever comes at the same time, and tells who follows. */
  submit(entry: CommitEntry): Promise<CommitOutcome> {
    return this.#committer.submit(entry)
  }

  /** Hints: events that were committed, here or elsewhere. */
  publish(records: readonly LogRecord[]): void {
    this.#checkIncarnation()
    this.#hub.publish(records)
  }

  stats(): NodeStats {
    const nowMs = this.#options.runtime.clock.monotonicMs()
    const { waitingEntries, waitingBytes } = this.#committer.stats()
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
      tail: this.#tail.state,
      tailAgeMs: verifiedAtMs === undefined ? null : nowMs - verifiedAtMs,
    }
  }

  /** Commits what is under way, tells everybody to go elsewhere, and lets go. The store stays open. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    await this.#committer.stop(deadlineMs)
    await this.#readCursors.flush()
    for (const session of [...this.#sessions]) this.#dismiss(session)
    this.#tail.stop()
    this.#cancelSweep()
    await this.#options.bus.stop()
  }

  #heads(heads: TailPage['heads']): void {
    this.#checkIncarnation()
    this.#hub.heads(heads)
  }

  /**
   * A fail-over that may have lost commits begins a new incarnation. What this node passed on may be
   * void then: every session resumes anew, and is told what it has to forget.
   */
  #checkIncarnation(): void {
    const { origin } = this.#options.store.identity
    if (origin === this.#origin) return
    this.#options.logger.warn(
      { was: this.#origin, is: origin },
      'the log has a new incarnation: all sessions resume',
    )
    this.#origin = origin
    this.#hub.forget()
    for (const session of [...this.#sessions]) {
      session.tell({
        code: 'reset',
        message: 'the log was restored: connect and resume',
        retryAfterMs: this.#jitterMs(0, 1_000),
      })
      session.close(CLOSE.internal, 'the log was restored')
    }
    this.#tail.restart()
  }

  #dismiss(session: Session): void {
    session.tell({
      code: 'draining',
      message: 'this node is stopping',
      retryAfterMs: this.#jitterMs(0, 1_000),
    })
    session.close(CLOSE.draining, 'this node is stopping')
  }

  #jitterMs(fromMs: number, toMs: number): number {
    return fromMs + (toMs - fromMs) * this.#options.runtime.random.next()
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.runtime.timers.after(SWEEP_MS, () => {
      this.#checkIncarnation()
      const { clock } = this.#options.runtime
      const now = { monotonicMs: clock.monotonicMs(), wallMs: clock.now() }
      for (const session of this.#sessions) session.sweep(now)
      if (!this.#stopping) this.#sweepLater()
    })
  }
}
