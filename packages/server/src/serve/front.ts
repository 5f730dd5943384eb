import type { FastifyInstance } from 'fastify'
import type { Runtime } from '@skein/core'
import { createApi } from '../api/api.ts'
import type { ApiDeps, ApiDispatch } from '../api/deps.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { acceptProxyHeaders } from '../gateway/proxied-server.ts'
import { WsGateway } from '../gateway/ws-gateway.ts'
import type { ChatNode } from '../node/chat-node.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import type { Guards } from '../observe/guards.ts'
import type { Logger } from '../observe/logger.ts'
import type { Store } from '../store/store.ts'
import { localUrl } from './addresses.ts'
import { apiDispatch } from './api-dispatch.ts'
import { demoClusterRoutes, type DemoClusterOptions } from './demo-cluster.ts'
import { demoRoutes } from './demo.ts'

export interface FrontOptions {
  /** Serves the demo page from this folder; only with a secret and on loopback. */
  readonly demo?: {
    readonly pageDirectory: string
    /** Kills a node of the cluster for real, for the page's button; a supervisor starts it again. */
    readonly kill?: (node: string) => void
  }
}

export interface Front {
  readonly url: string
  /** From now on clients may connect; before that only the HTTP routes answer. */
  admit(): void
  /** New clients are sent elsewhere, and no new requests are taken. Resolves when those under way are done. */
  close(): Promise<void>
  /** Closes what the node has not closed itself. */
  stop(deadlineMs: number): Promise<void>
}

/**
 * Connections that wait to be taken. When a node dies its clients come in one moment; beyond this the kernel
 * drops who knocks, and TCP knocks again only after 1 s, then 3 s. The kernel's own bound is 4,096.
 */
const ACCEPT_BACKLOG = 4_096

/** The tenant whose API key and tokens the demo uses. */
const DEMO_APP = 'demo'

export interface FrontParts {
  readonly config: NodeConfig
  readonly options: FrontOptions
  readonly runtime: Runtime
  readonly logger: Logger
  readonly store: Store
  readonly node: ChatNode
  readonly nodeId: string
  readonly health: ApiDeps['health']
  /** Absent: calls of the API are not limited over all nodes. */
  readonly rateLimits?: RateLimiter
  readonly metrics?: ApiDeps['metrics']
  readonly guards?: Guards
  readonly operator: Pick<DemoClusterOptions, 'status'> & NonNullable<ApiDeps['operator']>['cluster']
}

/** Listens: API and demo at once, WebSockets when they are admitted. */
export async function openFront(parts: FrontParts): Promise<Front> {
  const { config, runtime, logger, store, node, nodeId, health } = parts
  const { auth, apiKeys, limits, trustedProxies } = config
  const { operatorKey } = config.cluster
  const api = createApi({
    store,
    node,
    runtime,
    logger,
    apiKeys,
    health,
    nodeId,
    ...(parts.rateLimits !== undefined && { rateLimits: parts.rateLimits }),
    ...(parts.metrics !== undefined && { metrics: parts.metrics }),
    dispatch: dispatchOf(parts),
    operator: { cluster: parts.operator, ...(operatorKey !== undefined && { key: operatorKey }) },
    ...(auth.kind === 'secret' && { tokens: auth }),
  })
  await addDemo(api, parts)
  const gateway = new WsGateway({
    accept: (connection) => node.accept(connection),
    limits,
    runtime,
    logger,
    trustedProxies,
    ...(!config.allowedOrigins.includes('*') && { allowedOrigins: config.allowedOrigins }),
  })
  const dropSilent = acceptProxyHeaders(api.server, { trustedProxies, timers: runtime.timers })
  await api.listen({ host: config.host, port: config.port, backlog: ACCEPT_BACKLOG })
  return {
    url: localUrl(api.server.address()),
    admit: () => void gateway.attach(api.server),
    close() {
      gateway.refuseNew()
      dropSilent()
      return api.close()
    },
    stop: (deadlineMs) => gateway.stop(deadlineMs),
  }
}

const dispatchOf = ({ config, runtime, operator, guards }: FrontParts): ApiDispatch =>
  apiDispatch({
    config,
    clock: runtime.clock,
    nodes: () => operator.status().nodes,
    ...(guards !== undefined && { guards }),
  })

async function addDemo(
  api: FastifyInstance,
  { config, options, runtime, store, operator }: FrontParts,
): Promise<void> {
  const { auth } = config
  if (options.demo === undefined || auth.kind !== 'secret') return
  const { pageDirectory, kill } = options.demo
  const { clock } = runtime
  await api.register(demoRoutes, { pageDirectory, store, clock, secret: auth.secret, app: DEMO_APP })
  await api.register(demoClusterRoutes, {
    status: () => operator.status(),
    ...(kill !== undefined && { kill }),
  })
}
