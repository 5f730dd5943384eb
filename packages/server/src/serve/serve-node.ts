import { hostname, totalmem } from 'node:os'
import type { Runtime } from '@skein/core'
import { pino } from 'pino'
import { startAgentServer, type AgentServer } from '../agent/agent-server.ts'
import { agentAnswerOf, STARTING as AGENT_STARTING } from '../agent/agent-view.ts'
import { DEFAULT_VERSION } from '../api/deps.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { JwtAuthenticator } from '../auth/jwt.ts'
import type { Bus } from '../bus/bus.ts'
import { nodeId, nodeVersion } from '../cluster/identity.ts'
import type { Registry } from '../cluster/registry.ts'
import { systemProcess } from '../cluster/system-process.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { ClusterMember } from '../member/cluster-member.ts'
import { ChatNode } from '../node/chat-node.ts'
import { LoopLag } from '../node/loop-lag.ts'
import { Guards } from '../observe/guards.ts'
import type { Logger } from '../observe/logger.ts'
import type { Health } from '../probe/health.ts'
import { openPostgresStore } from '../store/postgres/postgres-store.ts'
import type { Store } from '../store/store.ts'
import { reachableAt } from './addresses.ts'
import { openBus, openRegistry } from './cluster-ports.ts'
import { defaultName } from './default-name.ts'
import { openFront, type Front, type FrontOptions } from './front.ts'
import { metricsOf } from './node-metrics.ts'
import { rateLimiterOf } from './limiting.ts'
import { operatorCluster } from './operator-cluster.ts'
import { reachPeer } from './peer-calls.ts'
import { servedNode, stopParts, type ServedNode } from './served-node.ts'
import { systemRuntime } from './system-runtime.ts'
import { waitForDatabase } from './wait-for-database.ts'

export interface ServeOptions extends FrontOptions {
  readonly logger?: Logger
  /** Ends the wait for a database that is away. */
  readonly signal?: AbortSignal
  /** The machine's own unless told: tests set the clock. */
  readonly runtime?: Runtime
}

const STARTING: Health = { live: true, ready: false, degraded: false, reasons: ['The node is starting.'] }

function authenticatorOf({ auth }: NodeConfig, world: Runtime): Authenticator {
  const { issuer, audience } = auth
  return new JwtAuthenticator({
    keys: auth.kind === 'secret' ? { type: 'secret', secret: auth.secret } : { type: 'jwks', url: auth.url },
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    clock: world.clock,
    random: world.random,
  })
}

function openStore(
  config: NodeConfig,
  { runtime, logger, guards }: Pick<Ground, 'runtime' | 'logger' | 'guards'>,
  signal?: AbortSignal,
): Promise<Store> {
  const { databaseUrl: url, region, autoMigrate, databaseWaitMs: waitMs } = config
  const open = (): Promise<Store> => openPostgresStore({ url, region, autoMigrate, logger, runtime, guards })
  return waitForDatabase(open, { waitMs, runtime, logger, ...(signal !== undefined && { signal }) })
}

/** A container's bound, where there is one; 0: none. */
function memoryLimitBytes(): number {
  const bound = process.constrainedMemory()
  return bound > 0 && bound < totalmem() ? bound : 0
}

interface Ground {
  readonly config: NodeConfig
  readonly options: ServeOptions
  readonly runtime: Runtime
  readonly logger: Logger
  readonly store: Store
  readonly name: string
  readonly id: string
  readonly bus: Bus
  readonly registry: Registry
  /** What protects this node; every part adds its own. */
  readonly guards: Guards
  readonly processGauges: ReturnType<typeof systemProcess>
}

/** What a node stands on. */
async function prepare(config: NodeConfig, options: ServeOptions): Promise<Ground> {
  const runtime = options.runtime ?? systemRuntime()
  const guards = new Guards()
  const logger = options.logger ?? pino({ level: config.logLevel })
  const store = await openStore(config, { runtime, logger, guards }, options.signal)
  const name = config.name ?? defaultName(hostname(), config.port, runtime.random)
  const id = nodeId(name, runtime.random)
  const ports = { databaseUrl: config.databaseUrl, cluster: config.cluster, runtime, logger }
  const processGauges = systemProcess(memoryLimitBytes())
  const bus = openBus(ports, id)
  return {
    config,
    options,
    runtime,
    logger,
    store,
    name,
    id,
    bus,
    registry: openRegistry(ports),
    guards,
    processGauges,
  }
}

function memberOf(ground: Ground, node: ChatNode, url: string): ClusterMember {
  const { config, bus, registry, runtime, logger, id, name, guards, processGauges } = ground
  const { cluster, region, limits, host } = config
  const where = reachableAt({ host, ...cluster }, url)
  return new ClusterMember({
    node,
    bus,
    registry,
    runtime,
    logger,
    identity: { id, name, zone: cluster.zone, region, version: nodeVersion(DEFAULT_VERSION), ...where },
    secret: cluster.secret,
    reach: reachPeer,
    processGauges,
    maxSessions: limits.maxConnections,
    acceptLimitPerSecond: limits.acceptPerSecond,
    weight: cluster.weight,
    ...(cluster.agentPort > 0 && { agentPort: cluster.agentPort }),
    guards,
  })
}

/** HAProxy asks from when the node listens until its clients have gone. */
async function openAgent(
  { config, runtime }: Pick<Ground, 'config' | 'runtime'>,
  member: () => ClusterMember | undefined,
): Promise<AgentServer | undefined> {
  const { agentPort: port } = config.cluster
  if (port === 0) return undefined
  const answer = (): string => {
    const status = member()?.status()
    return status === undefined ? AGENT_STARTING : agentAnswerOf(status)
  }
  return startAgentServer({ host: config.host, port, answer, timers: runtime.timers })
}

/**
 * Runs one node on PostgreSQL: opens the store, follows the log, listens, joins the cluster. Rejects when
 * it cannot, or when the cluster refuses it.
 */
export async function serveNode(config: NodeConfig, options: ServeOptions = {}): Promise<ServedNode> {
  const ground = await prepare(config, options)
  const { runtime, logger, store, name, id, bus, registry, guards, processGauges } = ground
  // The parts name each other: until there is a member, the node is starting.
  let member: ClusterMember | undefined
  const rateLimits = rateLimiterOf(config, ground, () => (member?.peers.length ?? 0) + 1)
  const loopLag = new LoopLag(runtime)
  const node = new ChatNode({
    name,
    store,
    runtime,
    authenticator: authenticatorOf(config, runtime),
    limits: config.limits,
    logger,
    guards,
    bus,
    rateLimits,
    loopLagMs: () => loopLag.ms,
    hasPeers: () => member?.hasPeers() ?? true,
    onMessage: (message) => member?.receive(message),
  })
  let front: Front | undefined
  let agent: AgentServer | undefined
  const stopGauges = (): void => {
    agent?.close()
    processGauges.stop()
    loopLag.stop()
  }
  const parts = { runtime, logger, store, registry, node, rateLimits, stopGauges }
  try {
    await node.start()
    const health = (): Health => member?.health() ?? STARTING
    const operator = operatorCluster(() => member)
    const metrics = metricsOf({ ...ground, node, health, member: () => member })
    const common = { config, options, runtime, logger, store, node, guards }
    front = await openFront({ ...common, rateLimits, nodeId: id, health, operator, metrics })
    agent = await openAgent(ground, () => member)
    member = memberOf(ground, node, front.url)
    await member.start()
    front.admit()
    logger.info({ url: front.url, node: name, origin: store.identity.origin, bus: bus.kind }, 'listening')
    return servedNode({ ...parts, front, member })
  } catch (error) {
    await stopParts({ ...parts, ...(front && { front }), ...(member && { member }) }, 0, 'atOnce')
    throw error
  }
}
