import type { Cancel } from '@skein/core'
import { Announcer, type Standing } from '../cluster/announcer.ts'
import type { NodeMessage } from '../bus/bus.ts'
import type { ClusterError } from '../cluster/cluster-error.ts'
import { LoadMeter } from '../cluster/load.ts'
import { ClusterView } from '../cluster/membership.ts'
import type { LoadReport, NodeIdentity } from '../cluster/node-record.ts'
import { planNodesOf, targetsFor, type PlanNode } from '../cluster/plan-node.ts'
import type { Moves } from '../cluster/spread.ts'
import type { Member, View, ViewChange } from '../cluster/view.ts'
import { guardsToTell, type GuardStatus } from '../observe/guards.ts'
import type { Health } from '../probe/health.ts'
import { readProbe } from '../probe/probe-message.ts'
import { probePeers } from '../probe/probe-peers.ts'
import { Prober } from '../probe/prober.ts'
import { drainRefusal, type Phase } from './drain-check.ts'
import { Drainer, type DrainEnd, type DrainTerms } from './drainer.ts'
import { gaugesOf } from './gauges.ts'
import { joinPatiently, type Namesake } from './join-patiently.ts'
import type { ClusterMemberOptions, DrainRequest, MemberEnd } from './member-options.ts'
import { carryOut, type MoveTerms } from './mover.ts'
import { Readiness } from './readiness.ts'
import { Rebalancer } from './rebalancer.ts'
import { nodesStatus, type ClusterStatus } from './status.ts'

const TICK_MS = 1_000
/** What others thought this long ago is no ground to send clients to them. */
const VIEW_FRESH_MS = 3_000
/** A node that was just heard on the bus is there, whatever the registry says. */
const HEARD_COUNTS_MS = 3_000
export const DEFAULT_DRAIN_WINDOW_MS = 30_000
/** For the clients of a node that the cluster has refused. */
const REFUSED_WINDOW_MS = 10_000

/**
 * One node's part in the cluster: it announces itself, watches the others and its own path, keeps its
 * share of the clients, and moves them when it goes. It only knows ports; decisions are in `cluster/`.
 */
export class ClusterMember {
  readonly #options: ClusterMemberOptions
  readonly #identity: NodeIdentity
  readonly #announcer: Announcer
  readonly #view: ClusterView
  readonly #prober: Prober
  readonly #drainer: Drainer
  readonly #rebalancer: Rebalancer
  readonly #readiness: Readiness
  readonly #meter: LoadMeter
  #load: LoadReport
  #phase: Phase = 'starting'
  #refusal: ClusterError | undefined
  #heardAtMs: number | undefined
  #lastTickMs = 0
  #cancelTick: Cancel = () => {}
  #end: (end: MemberEnd) => void = () => {}
  /** Resolves when this node should end though nobody asked its process to. */
  readonly ended: Promise<MemberEnd>

  constructor(options: ClusterMemberOptions) {
    const { node, registry, runtime, logger, identity, secret, reach, processGauges, bus } = options
    this.#options = options
    this.#identity = identity
    this.ended = new Promise((resolve) => (this.#end = resolve))
    const selfId = identity.id
    this.#view = new ClusterView({ registry, runtime, logger, secret, selfId, reach })
    this.#prober = new Prober({
      runtime,
      logger,
      selfId,
      send: (to, message) => void bus.send({ to: 'node', node: to }, message),
      peers: () => probePeers(this.#view.peers),
      onVerdict: () => this.#readiness.update(this.#phase),
    })
    this.#meter = new LoadMeter(runtime.clock, processGauges)
    this.#load = this.#report()
    this.#announcer = new Announcer({
      registry,
      runtime,
      logger,
      identity,
      secret,
      weight: options.weight,
      agentPort: options.agentPort,
      guards: () => this.#guardsToTell(),
      load: () => (this.#load = this.#report()),
      onRefused: (error) => this.#refused(error),
    })
    const move = (moves: Moves, terms: MoveTerms): number => carryOut(node, moves, this.view, terms)
    this.#readiness = new Readiness({ node, announcer: this.#announcer, prober: this.#prober })
    this.#drainer = new Drainer({ node, runtime, logger, selfId, planNodes: () => this.#planNodes(), move })
    const { rebalance } = options
    this.#rebalancer = new Rebalancer({
      node,
      selfId,
      move,
      ...(rebalance !== undefined && { plan: rebalance }),
    })
    this.#view.onChange((changes) => {
      if (changes.some(movesShares)) this.#rebalancer.disturbed(this.#nowMs())
    })
  }

  /**
   * Resolves when this node has joined, or should serve without: the registry is away, or still holds
   * the place of its dead predecessor. Rejects with ClusterError when the cluster refuses it.
   */
  async start(): Promise<void> {
    void this.#view.start()
    this.#prober.start()
    const joined = this.#announcer.start()
    await joinPatiently(joined, {
      timers: this.#options.runtime.timers,
      namesake: () => this.#namesake(),
    })
    joined.catch((error: ClusterError) => this.#refused(error))
    if (this.#phase === 'starting') this.#phase = 'running'
    this.#tick()
  }

  get id(): string {
    return this.#identity.id
  }

  get name(): string {
    return this.#identity.name
  }

  get view(): View {
    return this.#view.view
  }

  /** The other nodes that can be used now. */
  get peers(): readonly Member[] {
    return this.#view.peers
  }

  get standing(): Standing {
    return this.#announcer.standing
  }

  /** Whether somebody may hear what is published on the bus. Asked for every batch. */
  hasPeers(): boolean {
    const { members, asOfMs } = this.view
    if (asOfMs === undefined) return true
    for (const id of members.keys()) if (id !== this.#identity.id) return true
    return this.#heardAtMs !== undefined && this.#nowMs() - this.#heardAtMs < HEARD_COUNTS_MS
  }

  /** What the node hears on the bus and does not understand itself. */
  receive({ from, body }: Pick<NodeMessage, 'from' | 'body'>): void {
    if (from !== this.#identity.id) this.#heardAtMs = this.#nowMs()
    const probe = readProbe(body)
    if (probe !== undefined) this.#prober.receive(from, probe)
  }

  health(): Health {
    return this.#readiness.health(this.#phase)
  }

  status(): ClusterStatus {
    const { bus, guards } = this.#options
    const { ageMs } = this.#view
    return {
      self: this.#identity.name,
      viewAgeMs: Number.isFinite(ageMs) ? Math.round(ageMs) : null,
      health: this.health(),
      bus: { kind: bus.kind, state: bus.state },
      guards: guards?.list() ?? [],
      drain: this.#drainStatus(),
      rebalance: this.#rebalancer.status,
      nodes: nodesStatus(this.view, {
        own: {
          ...this.#identity,
          ...this.#announcer.announced,
          load: this.#load,
          guards: this.#guardsToTell(),
        },
        leaving: this.#options.node.leavingCount,
        nowMs: this.#nowMs(),
      }),
    }
  }

  /** Resolves when all clients have gone. Throws DrainError at once when it may not begin. */
  drain(request: DrainRequest): Promise<DrainEnd> {
    return this.beginDrain(request).done
  }

  beginDrain({ windowMs = DEFAULT_DRAIN_WINDOW_MS, force, hard = false }: DrainRequest): {
    readonly windowMs: number
    readonly done: Promise<DrainEnd>
  } {
    const phase = this.#phase
    // Whoever waits for the process to end only makes a drain that runs already quicker.
    if (!(hard && this.#drainer.running)) {
      const refusal = drainRefusal({ phase, selfId: this.#identity.id, force, nodes: this.#planNodes() })
      if (refusal !== undefined) throw refusal
    }
    const done = this.#startDrain({ windowMs, force, hard })
    return { windowMs: Math.round((this.#drainer.endsAtMs ?? this.#nowMs()) - this.#nowMs()), done }
  }

  /** Whether clients would have somewhere to go. */
  get hasTargets(): boolean {
    return targetsFor(this.#planNodes(), this.#identity.id).length > 0
  }

  /** The last thing: the others forget this node at once. */
  async stop(): Promise<void> {
    this.#phase = 'stopping'
    this.#cancelTick()
    this.#drainer.stop()
    this.#prober.stop()
    this.#view.stop()
    await this.#announcer.leave()
  }

  #startDrain(terms: DrainTerms): Promise<DrainEnd> {
    this.#phase = 'draining'
    this.#rebalancer.rest()
    this.#announcer.become('draining', 'its clients move to the others')
    this.#options.logger.info({ ...terms, sessions: this.#options.node.sessionCount }, 'draining')
    return this.#drainer.drain(terms).then((how) => this.#drained(how))
  }

  #drained(how: DrainEnd): DrainEnd {
    if (this.#phase !== 'draining') return how
    if (how === 'yielded') {
      this.#options.logger.warn({}, 'all nodes drain at once: this one goes back to work')
      this.#phase = 'running'
      this.#readiness.update(this.#phase)
      return how
    }
    this.#options.logger.info({}, 'drained')
    this.#end(
      this.#refusal === undefined ? { reason: 'drained' } : { reason: 'refused', error: this.#refusal },
    )
    return how
  }

  #refused(error: ClusterError): void {
    if (this.#phase === 'stopping') return
    this.#refusal = error
    void this.#startDrain({ windowMs: REFUSED_WINDOW_MS, force: true, hard: true })
  }

  #tick(): void {
    if (this.#phase === 'stopping') return
    const nowMs = this.#nowMs()
    // A process that was stopped does not make up for it in one go.
    const elapsedMs = Math.min(nowMs - this.#lastTickMs, 2 * TICK_MS)
    this.#lastTickMs = nowMs
    this.#readiness.update(this.#phase)
    const moment = { nodes: this.#planNodes(), nowMs, elapsedMs }
    if (!this.#maySend()) this.#rebalancer.rest()
    else if (this.#readiness.isFaulty) this.#rebalancer.evacuate(moment)
    else this.#rebalancer.tick(moment)
    this.#cancelTick = this.#options.runtime.timers.after(TICK_MS, () => this.#tick())
  }

  #maySend(): boolean {
    return (
      this.#phase === 'running' && this.#announcer.standing === 'member' && this.#view.ageMs <= VIEW_FRESH_MS
    )
  }

  /** Whether a process lives that the cluster knows by this node's name. */
  async #namesake(): Promise<Namesake> {
    const { id, name } = this.#identity
    const found = this.#view.peers.find(({ record }) => record.name === name && record.id !== id)
    if (found === undefined) return 'none'
    return (await this.#options.reach(found.record).catch(() => false)) ? 'lives' : 'dead'
  }

  #guardsToTell(): readonly GuardStatus[] {
    return guardsToTell(this.#options.guards?.list() ?? [])
  }

  #report(): LoadReport {
    const { node, maxSessions, acceptLimitPerSecond = 0 } = this.#options
    const context = { maxSessions, acceptLimitPerSecond, probe: this.#prober }
    return this.#meter.report(gaugesOf(node, context))
  }

  #drainStatus(): ClusterStatus['drain'] {
    const { endsAtMs } = this.#drainer
    const { node, runtime } = this.#options
    if (endsAtMs === undefined) return null
    const untilMs = Math.round(runtime.clock.now() + endsAtMs - this.#nowMs())
    return { untilMs, left: node.sessionCount }
  }

  #planNodes(): readonly PlanNode[] {
    return planNodesOf(this.view, this.#nowMs())
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }
}

/** A new reason or a report of another kind moves nobody. */
const movesShares = (change: ViewChange): boolean =>
  change.kind !== 'changed' || change.before.record.state !== change.member.record.state
