import type { AddressInfo } from 'node:net'
import type { Runtime } from '@skein/core'
import { createApi } from '../api/api.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { WsGateway } from '../gateway/ws-gateway.ts'
import type { ChatNode } from '../node/chat-node.ts'
import type { Logger } from '../observe/logger.ts'
import { healthOf } from '../probe/health.ts'
import type { Store } from '../store/store.ts'
import { demoRoutes } from './demo.ts'

export interface FrontOptions {
  /** Serves the demo page from this folder; only with a secret and on loopback. */
  readonly demo?: { readonly pageDirectory: string }
}

export interface ServedNode {
  readonly url: string
  /** Commits what is under way, sends everybody elsewhere, and lets go of everything. */
  stop(deadlineMs: number): Promise<void>
}

/** The tenant whose API key and tokens the demo uses. */
const DEMO_APP = 'demo'
/** What is left for closing sockets when the node has taken all of the deadline. */
const LEAST_CLOSE_MS = 200

export interface FrontParts {
  readonly config: NodeConfig
  readonly options: FrontOptions
  readonly runtime: Runtime
  readonly logger: Logger
  readonly store: Store
  readonly node: ChatNode
}

/** Puts API, gateway and demo in front of a node that is ready. */
export async function openFront(parts: FrontParts): Promise<ServedNode> {
  const { config, options, runtime, logger, store, node } = parts
  const { auth, apiKeys, limits, trustedProxies } = config
  const tokens = auth.kind === 'secret' ? { tokens: auth } : {}
  const health = () =>
    healthOf({ ...node.stats(), path: 'working', pathWhy: '', standing: 'alone', clockFault: undefined })
  const api = createApi({ store, node, runtime, logger, apiKeys, health, ...tokens })
  if (options.demo !== undefined && auth.kind === 'secret') {
    const { pageDirectory } = options.demo
    await api.register(demoRoutes, {
      pageDirectory,
      store,
      clock: runtime.clock,
      secret: auth.secret,
      app: DEMO_APP,
    })
  }
  const gateway = new WsGateway({
    accept: (connection) => node.accept(connection),
    limits,
    runtime,
    logger,
    trustedProxies,
    ...(!config.allowedOrigins.includes('*') && { allowedOrigins: config.allowedOrigins }),
  })
  gateway.attach(api.server)
  await api.listen({ host: config.host, port: config.port })
  const url = urlOf(api.server.address())
  logger.info({ url, node: node.stats().name, origin: store.identity.origin }, 'listening')
  return {
    url,
    async stop(deadlineMs) {
      const untilMs = runtime.clock.monotonicMs() + deadlineMs
      logger.info({ deadlineMs }, 'stopping')
      gateway.refuseNew()
      const closed = api.close()
      await node.stop(deadlineMs)
      await gateway.stop(Math.max(LEAST_CLOSE_MS, untilMs - runtime.clock.monotonicMs()))
      await closed
      await store.close()
      logger.info({}, 'stopped')
    },
  }
}

/** Where people reach it; an address that means "all" is shown as this machine's. */
function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return String(address)
  const { port, family } = address
  const host = address.address === '0.0.0.0' || address.address === '::' ? '127.0.0.1' : address.address
  return `http://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`
}
