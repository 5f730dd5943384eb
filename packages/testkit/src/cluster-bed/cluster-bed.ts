import { randomBytes } from 'node:crypto'
import { DispatchSigner, openPostgresStore, silentLogger, type Store, systemRuntime } from '@skein/server'
import { DispatchMirror } from '../dispatch/dispatch-mirror.ts'
import { BedDatabase } from './bed-database.ts'
import { BedEdge, type BedEdgeSettings } from './bed-edge.ts'
import { BedProxy, type BedProxySettings } from './bed-proxy.ts'
import { BedNode, type NodeLinks, type NodeProgram } from './bed-node.ts'
import { type BedRedis, disposeBedRedis, openBedRedis, type RedisKind } from './bed-redis.ts'
import { FaultProxy } from './fault-proxy.ts'
import { freePort } from './free-port.ts'

export interface ClusterBedOptions {
  readonly nodes: number
  readonly program: NodeProgram
  readonly redis?: RedisKind
  /** Further configuration of every node. */
  readonly env?: Readonly<Record<string, string>>
  /** Balancers in front, one for each of these; clients then know them and not the nodes. */
  readonly edges?: readonly BedEdgeSettings[]
  /** The same with HAProxy and NGINX. */
  readonly proxies?: readonly BedProxySettings[]
  /** So many mirrors of the signed list of endpoints, healthy ones. */
  readonly mirrors?: number
}

/** Drains by signal take this long here: moderate, so that scenarios do not wait. */
const DRAIN_MS = 2_500
const HOST = '127.0.0.1'
export const REGION = 'local'
/** Connections that listen to the bus: LISTEN of PostgreSQL, SUBSCRIBE of Redis. */
const LISTENS = /listen "|subscribe/i
const SECRET_BYTES = 32

/**
 * A real cluster on loopback: PostgreSQL, Redis where asked for, and node processes, with proxies
 * between them that break on demand. `close` ends all of it; whatever is left of it when we die
 * ends by itself.
 */
export class ClusterBed implements AsyncDisposable {
  readonly database: BedDatabase
  readonly redis: BedRedis
  readonly jwtSecret = secret()
  readonly operatorKey = secret()
  readonly #apiKey = secret()
  readonly #clusterSecret = secret()
  readonly #options: ClusterBedOptions
  readonly #nodes: BedNode[] = []
  readonly #edges: BedEdge[] = []
  readonly #proxies: BedProxy[] = []
  readonly #mirrors: DispatchMirror[] = []
  #store: Store | undefined

  private constructor(options: ClusterBedOptions, database: BedDatabase, redis: BedRedis) {
    this.#options = options
    this.database = database
    this.redis = redis
  }

  /** Resolves when all nodes are ready. */
  static async open(options: ClusterBedOptions): Promise<ClusterBed> {
    const redis = await openBedRedis(options.redis ?? 'none')
    let bed: ClusterBed
    try {
      bed = new ClusterBed(options, await BedDatabase.open(), redis)
    } catch (error) {
      await disposeBedRedis(redis)
      throw error
    }
    try {
      // Makes the schema, so that the nodes find it.
      await bed.store()
      for (const settings of options.edges ?? []) bed.#edges.push(await bed.#prepareEdge(settings))
      for (const settings of options.proxies ?? []) bed.#proxies.push(await bed.#prepareProxy(settings))
      for (let index = 0; index < options.nodes; index++) await bed.#prepare()
      await Promise.all(bed.nodes.map((node) => node.start()))
      await Promise.all([...bed.edges, ...bed.proxies].map((edge) => edge.start()))
      for (let index = 0; index < (options.mirrors ?? 0); index++) await bed.#openMirror()
      return bed
    } catch (error) {
      await bed.close()
      throw error
    }
  }

  get nodes(): readonly BedNode[] {
    return this.#nodes
  }

  /** `node('node-2')`. */
  node(name: string): BedNode {
    const found = this.#nodes.find((node) => node.name === name)
    if (found === undefined) throw new Error(`this bed has no ${name}`)
    return found
  }

  get edges(): readonly BedEdge[] {
    return this.#edges
  }

  get proxies(): readonly BedProxy[] {
    return this.#proxies
  }

  get mirrors(): readonly DispatchMirror[] {
    return this.#mirrors
  }

  /** As every node signs the list of endpoints. */
  get signer(): DispatchSigner {
    return DispatchSigner.of({ clusterSecret: this.#clusterSecret })
  }

  /** What clients connect to: the edges, or without any the nodes. */
  get urls(): readonly string[] {
    const front = this.#front
    return (front.length > 0 ? front : this.#nodes).map(({ url }) => url)
  }

  get #front(): readonly (BedEdge | BedProxy)[] {
    return [...this.#edges, ...this.#proxies]
  }

  /** Starts one more; resolves when it is ready. */
  async addNode(): Promise<BedNode> {
    const node = await this.#prepare()
    await node.start()
    return node
  }

  /** The log itself, past all faults: for preparing and judging. */
  async store(): Promise<Store> {
    this.#store ??= await openPostgresStore({
      url: this.database.url,
      region: REGION,
      autoMigrate: true,
      runtime: systemRuntime(),
      logger: silentLogger,
    })
    return this.#store
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.#edges.map((edge) => edge.stop()),
      ...this.#proxies.map((proxy) => proxy.dispose()),
      ...this.#mirrors.map((mirror) => mirror.close()),
    ])
    await Promise.all(this.#nodes.map((node) => node.dispose()))
    await this.#store?.close()
    await disposeBedRedis(this.redis)
    await this.database.dispose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #prepareEdge(settings: BedEdgeSettings): Promise<BedEdge> {
    return new BedEdge({
      ...settings,
      region: REGION,
      port: await freePort(),
      operatorKey: this.operatorKey,
      nodeUrls: () => this.#urlsOfNodes(),
    })
  }

  async #prepareProxy(settings: BedProxySettings): Promise<BedProxy> {
    const { operatorKey } = this
    const nodeUrls = (): readonly string[] => this.#urlsOfNodes()
    return BedProxy.prepare(settings, REGION, { port: await freePort(), operatorKey, nodeUrls })
  }

  #urlsOfNodes(): readonly string[] {
    return this.#nodes.map(({ links }) => `http://${HOST}:${links.clients.port}`)
  }

  /** Each of another node. */
  async #openMirror(): Promise<void> {
    const node = this.#nodes[this.#mirrors.length % this.#nodes.length]
    if (node === undefined) throw new Error('a mirror needs a node to mirror')
    this.#mirrors.push(await DispatchMirror.open({ is: 'mirroring', url: `http://${HOST}:${node.port}` }))
  }

  async #prepare(): Promise<BedNode> {
    const name = `node-${this.#nodes.length + 1}`
    const port = await freePort()
    const { redis } = this
    const links: NodeLinks = {
      clients: await FaultProxy.open(port),
      narrow: await FaultProxy.open(port),
      database: await FaultProxy.open(this.database.port, LISTENS),
      ...(redis.kind === 'single' && { redis: await FaultProxy.open(redis.server.port, LISTENS) }),
    }
    const { program } = this.#options
    const env = { ...this.#envOf(name, port, links), ...(await this.#agentOf()) }
    const { operatorKey } = this
    const node = new BedNode({ name, port, program, env, links, operatorKey, apiKey: this.#apiKey })
    this.#nodes.push(node)
    return node
  }

  #envOf(name: string, port: number, links: NodeLinks): NodeJS.ProcessEnv {
    const database = new URL(this.database.url)
    database.port = String(links.database.port)
    const redisUrl = this.#redisUrl(links)
    return {
      ...inherited(),
      SKEIN_NAME: name,
      SKEIN_HOST: HOST,
      SKEIN_PORT: String(port),
      SKEIN_REGION: REGION,
      SKEIN_LOG_LEVEL: 'warn',
      SKEIN_JWT_SECRET: this.jwtSecret,
      SKEIN_CLUSTER_SECRET: this.#clusterSecret,
      SKEIN_API_KEYS: `bed:${this.#apiKey}`,
      SKEIN_OPERATOR_KEY: this.operatorKey,
      ...this.#addressesOf(port, links),
      SKEIN_DRAIN_MS: String(DRAIN_MS),
      SKEIN_AUTO_MIGRATE: 'false',
      DATABASE_URL: database.href,
      ...(redisUrl !== undefined && { SKEIN_REDIS_URL: redisUrl }),
      ...this.#options.env,
    }
  }

  async #agentOf(): Promise<NodeJS.ProcessEnv> {
    if (!this.#proxies.some(({ kind }) => kind === 'haproxy')) return {}
    return { SKEIN_AGENT_PORT: String(await freePort()) }
  }

  /** Edges reach a node where the others do: by the way that can be broken. */
  #addressesOf(port: number, { clients }: NodeLinks): NodeJS.ProcessEnv {
    const front = this.#front
    if (front.length === 0) {
      return {
        SKEIN_CLIENT_URL: `ws://${HOST}:${clients.port}/v1/connect`,
        SKEIN_PEER_URL: `http://${HOST}:${port}`,
      }
    }
    return {
      SKEIN_EDGES: front.map(({ listed }) => listed).join(','),
      SKEIN_PEER_URL: `http://${HOST}:${clients.port}`,
    }
  }

  #redisUrl({ redis }: NodeLinks): string | undefined {
    if (this.redis.kind === 'sentinel') return this.redis.set.url
    return redis === undefined ? undefined : `redis://${HOST}:${redis.port}`
  }
}

const secret = (): string => randomBytes(SECRET_BYTES).toString('hex')

/** Nothing of the caller's own Skein may leak into the bed. */
const inherited = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(SKEIN_|DATABASE_URL$|REDIS_URL$|NODE_OPTIONS$)/.test(name),
    ),
  )
