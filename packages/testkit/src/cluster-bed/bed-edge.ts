import { type Edge, type EdgeEvent, type EdgeStatus, startEdge } from '@skein/edge'
import type { OutlierOptions } from '@skein/resilience'
import { systemRuntime } from '@skein/server'

export interface BedEdgeSettings {
  /** Where clients are told that it is. */
  readonly zone: string
  /** When it takes a node out; how long, so that scenarios do not wait. */
  readonly outlier?: Partial<OutlierOptions>
}

export interface BedEdgeOptions extends BedEdgeSettings {
  readonly region: string
  readonly port: number
  readonly operatorKey: string
  readonly nodeUrls: () => readonly string[]
}

const HOST = '127.0.0.1'

/** The built-in balancer in front of a bed's nodes, which dies and comes back on the same port. */
export class BedEdge {
  /** What was told of its nodes, over all its lives, oldest first. */
  readonly events: EdgeEvent[] = []
  readonly #options: BedEdgeOptions
  #edge: Edge | undefined

  constructor(options: BedEdgeOptions) {
    this.#options = options
  }

  get url(): string {
    return `ws://${HOST}:${this.#options.port}/v1/connect`
  }

  /** As nodes tell clients of it. */
  get listed(): string {
    const { zone, region } = this.#options
    return `${this.url};zone=${zone};region=${region}`
  }

  async start(): Promise<void> {
    const { port, outlier, operatorKey, nodeUrls } = this.#options
    this.#edge = await startEdge({
      host: HOST,
      port,
      runtime: systemRuntime(),
      ...(outlier !== undefined && { outlier }),
      cluster: { operatorKey, urls: nodeUrls(), membership: true },
      onEvent: (event) => this.events.push(event),
    })
  }

  /** All its connections end at once, and nobody listens any more. */
  async stop(): Promise<void> {
    const edge = this.#edge
    this.#edge = undefined
    await edge?.close()
  }

  status(): EdgeStatus {
    if (this.#edge === undefined) throw new Error(`the edge in zone ${this.#options.zone} does not run`)
    return this.#edge.status()
  }

  /** Connections that it gave to this node so far. */
  picked(node: string): number {
    return this.status().nodes.find(({ name }) => name === node)?.picked ?? 0
  }

  /** One counter of its `/metrics`, over all its labels that match. */
  async counted(name: string, labels: RegExp): Promise<number> {
    const lines = (await this.#edge?.metrics())?.split('\n') ?? []
    return lines
      .filter((line) => line.startsWith(`skein_edge_${name}{`) && labels.test(line))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }
}
