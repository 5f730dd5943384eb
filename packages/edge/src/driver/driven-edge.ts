import type { Runtime } from '@skein/core'
import { bracketed } from '../builtin/ip-address.ts'
import { askOverHttp, ClusterFollower, type AskCluster } from '../cluster/cluster-follower.ts'
import type { EdgeNode } from '../cluster/edge-node.ts'
import type { ClusterAnswer } from '../cluster/cluster-answer.ts'
import { desiredServers, type DesiredOptions } from './desired-servers.ts'
import type { DesiredServer, ProxyDriver } from './driver.ts'
import { answersItself, rollOf } from './roll.ts'

export interface DrivenEdgeOptions {
  /** Several proxies may stand side by side. */
  readonly drivers: readonly ProxyDriver[]
  readonly cluster: { readonly operatorKey: string; readonly urls: readonly string[] }
  readonly runtime: Pick<Runtime, 'clock' | 'timers'>
  readonly home?: DesiredOptions['home']
  /** For proxies without a slow start of their own. */
  readonly slowStart?: NonNullable<DesiredOptions['slowStart']>['options']
  /** Over HTTP unless told. */
  readonly ask?: AskCluster
  /** Whether a node that is listed no more answers itself; over HTTP unless told. */
  readonly isReady?: (node: EdgeNode) => Promise<boolean>
  /** Told once per silence; what was known is kept. */
  readonly onSilence?: (why: unknown) => void
  readonly onBack?: () => void
}

export interface DrivenEdge {
  /** What the proxies were told last. */
  servers(): readonly DesiredServer[]
  /** Since the cluster last told who is there; undefined: never. */
  clusterAgeMs(): number | undefined
  stop(): Promise<void>
}

/** A cluster that is followed, and proxies that follow it. Rejects when a proxy can never be driven. */
export async function startDrivenEdge(options: DrivenEdgeOptions): Promise<DrivenEdge> {
  const { drivers, cluster, runtime, onSilence, onBack } = options
  for (const driver of drivers) await driver.start()
  const known = new KnownNodes(options)
  let isSilent = false
  let learning: Promise<void> = Promise.resolve()
  const follower = new ClusterFollower({
    urls: () => [...known.urls(), ...cluster.urls],
    ask: options.ask ?? askOverHttp(cluster.operatorKey),
    runtime,
    onAnswer: (answer) => {
      learning = learning.then(async () => {
        await known.learn(answer)
        for (const driver of drivers) void driver.apply(known.servers)
      })
      if (isSilent) onBack?.()
      isSilent = false
    },
    onSilence: (why) => {
      if (!isSilent) onSilence?.(why)
      isSilent = true
    },
  })
  await follower.start()
  await learning
  return {
    servers: () => known.servers,
    clusterAgeMs: () => known.ageMs(),
    async stop() {
      await follower.stop()
      await learning
      await Promise.all(drivers.map((driver) => driver.stop()))
    },
  }
}

/** Reads answers; remembers since when a node is ready, for slow starts. */
class KnownNodes {
  readonly #options: DrivenEdgeOptions
  readonly #readySinceMs = new Map<string, number>()
  servers: readonly DesiredServer[] = []
  #nodes: readonly EdgeNode[] = []
  #toldAtMs: number | undefined

  constructor(options: DrivenEdgeOptions) {
    this.#options = options
  }

  urls(): readonly string[] {
    return this.servers.map(({ host, port }) => `http://${bracketed(host)}:${port}`)
  }

  ageMs(): number | undefined {
    return this.#toldAtMs === undefined ? undefined : this.#nowMs() - this.#toldAtMs
  }

  async learn(answer: ClusterAnswer): Promise<void> {
    const { home, slowStart, isReady = answersItself } = this.#options
    const { listed, missing } = rollOf(this.#nodes, answer)
    const answers = await Promise.all(missing.map(isReady))
    const nodes = [...listed, ...missing.filter((_, index) => answers[index] === true)]
    this.#nodes = nodes
    const nowMs = this.#nowMs()
    this.#warm(nodes, nowMs)
    this.#toldAtMs = nowMs
    this.servers = desiredServers(nodes, {
      nowMs,
      home,
      ...(slowStart !== undefined && { slowStart: { readySinceMs: this.#readySinceMs, options: slowStart } }),
    })
  }

  /** When the edge begins all nodes are new to it, and yet warm. */
  #warm(nodes: readonly EdgeNode[], nowMs: number): void {
    const ready = new Set(nodes.filter(({ state }) => state === 'ready').map(({ id }) => id))
    for (const id of this.#readySinceMs.keys()) if (!ready.has(id)) this.#readySinceMs.delete(id)
    const sinceMs = this.#toldAtMs === undefined ? -Infinity : nowMs
    for (const id of ready) if (!this.#readySinceMs.has(id)) this.#readySinceMs.set(id, sinceMs)
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs()
  }
}
