import type { Clock } from '@skein/core'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { AttemptEnd } from '../balance/attempt-end.ts'
import type { PoolEvent } from '../balance/node-pool.ts'
import { SEEN_STATES, type NodeSnapshot } from '../balance/snapshot.ts'
import type { ServerWitness } from '../builtin/edge-server.ts'
import type { RefusalReason } from '../builtin/refuse.ts'
import { Departures } from './departures.ts'
import { NodeCounter } from './node-counter.ts'

/** What is read when somebody asks. */
export interface EdgeGauges {
  connections(): number
  maxConnections(): number
  nodes(): readonly NodeSnapshot[]
  /** Since the cluster last told who is there; undefined: it is not asked, or never answered. */
  clusterAgeMs(): number | undefined
}

/** From a quick handshake on one machine to one that is given up. */
const FIRST_BYTE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The numbers of one edge, in a registry of its own. */
export class EdgeMetrics implements ServerWitness {
  readonly registry = new Registry()
  readonly #accepted = this.#counter('accepted_total', 'Connections that clients opened.')
  readonly #refused = this.#counter('refused_total', 'Clients turned away by the edge itself.', ['reason'])
  readonly #attempts = this.#nodeCounter(
    'attempts_total',
    'How it went with a node, for one connection.',
    'end',
  )
  readonly #repeated = this.#counter('repeated_total', 'Requests said to a second node, by why.', ['why'])
  readonly #steered = this.#counter('steered_total', 'Clients that named a node.', ['honoured'])
  readonly #bytes = this.#counter('bytes_total', 'Bytes of connections that are over.', ['direction'])
  readonly #events = this.#nodeCounter('node_events_total', 'What happened to a node.', 'event')
  readonly #departures = new Departures()
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #firstByte = new Histogram({
    name: 'skein_edge_first_byte_seconds',
    help: 'From the request to the first byte of its answer; handshakes and requests without a body.',
    buckets: FIRST_BYTE_SECONDS,
    registers: [this.registry],
  })

  constructor(gauges: EdgeGauges, clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
    this.#gauge('connections', 'Connections of clients, now.', () => gauges.connections())
    this.#gauge('connections_max', 'As many may be.', () => gauges.maxConnections())
    this.#gauge('cluster_age_seconds', 'Since the cluster last told who is there.', () => {
      const ageMs = gauges.clusterAgeMs()
      return ageMs === undefined ? undefined : ageMs / 1_000
    })
    this.#nodeGauges(() => gauges.nodes())
  }

  accepted(): void {
    this.#accepted.inc()
  }

  refused(reason: RefusalReason): void {
    this.#refused.inc({ reason })
  }

  attempted(node: string, end: AttemptEnd): void {
    this.#departures.counted(node, this.#clock.monotonicMs())
    this.#attempts.add(node, end.is)
    if (end.is === 'answered') this.#firstByte.observe(end.tookMs / 1_000)
  }

  repeated(why: AttemptEnd['is']): void {
    this.#repeated.inc({ why })
  }

  steered(honoured: boolean): void {
    this.#steered.inc({ honoured: String(honoured) })
  }

  passed({ fromClients, toClients }: { readonly fromClients: number; readonly toClients: number }): void {
    this.#bytes.inc({ direction: 'fromClients' }, fromClients)
    this.#bytes.inc({ direction: 'toClients' }, toClients)
  }

  happened(event: PoolEvent): void {
    const node = 'name' in event ? event.name : event.id
    const nowMs = this.#clock.monotonicMs()
    if (event.kind === 'joined') this.#departures.joined(node)
    else if (event.kind === 'left') this.#departures.left(node, nowMs)
    else this.#departures.counted(node, nowMs)
    this.#events.add(node, eventName(event))
    this.#forget()
  }

  #forget(): void {
    for (const node of this.#departures.due(this.#clock.monotonicMs())) {
      this.#attempts.forget(node)
      this.#events.forget(node)
    }
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: `skein_edge_${name}`, help, labelNames, registers: [this.registry] })
  }

  #nodeCounter(name: string, help: string, label: string): NodeCounter {
    const { registry } = this
    return new NodeCounter({
      name: `skein_edge_${name}`,
      help,
      label,
      registry,
      onRead: () => this.#forget(),
    })
  }

  #gauge(name: string, help: string, read: () => number | undefined): void {
    const gauge: Gauge = new Gauge({
      name: `skein_edge_${name}`,
      help,
      registers: [this.registry],
      collect: () => {
        const value = read()
        if (value === undefined) gauge.remove()
        else gauge.set(value)
      },
    })
  }

  #nodeGauges(nodes: () => readonly NodeSnapshot[]): void {
    const perNode = (name: string, help: string, read: (node: NodeSnapshot) => number | null): void => {
      const gauge: Gauge = new Gauge({
        name: `skein_edge_node_${name}`,
        help,
        labelNames: ['node'],
        registers: [this.registry],
        collect: () => {
          // Those that are gone are not told of any more.
          gauge.reset()
          for (const node of nodes()) {
            const value = read(node)
            if (value !== null) gauge.set({ node: node.name }, value)
          }
        },
      })
    }
    perNode('connections', 'Through this edge, now.', ({ connections }) => connections)
    perNode('in_flight', 'Of these, without an answer yet.', ({ inFlight }) => inFlight)
    perNode('headroom', 'Its last report, 0 to 100; absent when it is old.', ({ headroom }) => headroom)
    perNode('weight', 'Its capacity relative to the others.', ({ weight }) => weight)
    perNode('warmth', 'The part of its share that it is given now (slow start).', ({ warmth }) => warmth)
    perNode('first_byte_seconds', 'Time to the first byte of its answers, smoothed.', ({ firstByteMs }) =>
      firstByteMs === null ? null : firstByteMs / 1_000,
    )
    const state: Gauge = new Gauge({
      name: 'skein_edge_node_state',
      help: '1 for the state that it is in.',
      labelNames: ['node', 'state'],
      registers: [this.registry],
      collect: () => {
        state.reset()
        for (const node of nodes()) {
          for (const one of SEEN_STATES)
            state.set({ node: node.name, state: one }, Number(one === node.state))
        }
      },
    })
  }
}

/** `ejected.slowCalls`, `health.away`, `joined`… */
export function eventName(event: PoolEvent): string {
  switch (event.kind) {
    case 'joined':
    case 'left':
    case 'probing':
    case 'returned':
      return event.kind
    case 'health':
      return `health.${event.state}`
    case 'ejected':
    case 'spared':
      return `${event.kind}.${event.reason}`
  }
}
