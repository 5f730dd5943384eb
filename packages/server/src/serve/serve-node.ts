import { hostname } from 'node:os'
import type { Runtime } from '@skein/core'
import { pino } from 'pino'
import type { Authenticator } from '../auth/authenticator.ts'
import { JwtAuthenticator } from '../auth/jwt.ts'
import { MemoryBusHub } from '../bus/memory/memory-bus-hub.ts'
import { memoryBus } from '../bus/memory/memory-bus.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { ChatNode } from '../node/chat-node.ts'
import type { Logger } from '../observe/logger.ts'
import { openPostgresStore } from '../store/postgres/postgres-store.ts'
import type { Store } from '../store/store.ts'
import { openFront, type FrontOptions, type ServedNode } from './front.ts'
import { systemRuntime } from './system-runtime.ts'
import { waitForDatabase } from './wait-for-database.ts'

export interface ServeOptions extends FrontOptions {
  readonly logger?: Logger
  /** Another world than the real one: a harness that sets the clock. */
  readonly runtime?: Runtime
  /** Ends the wait for a database that is away. */
  readonly signal?: AbortSignal
}

const defaultName = (port: number): string =>
  `${
    hostname()
      .replace(/[^A-Za-z0-9-]/g, '-')
      .slice(0, 26) || 'node'
  }-${port}`

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

/** Runs one node on PostgreSQL: opens the store, follows the log, listens. Rejects when it cannot. */
export async function serveNode(config: NodeConfig, options: ServeOptions = {}): Promise<ServedNode> {
  const runtime = options.runtime ?? systemRuntime()
  const logger = options.logger ?? pino({ level: config.logLevel })
  const authenticator = authenticatorOf(config, runtime)
  const open = (): Promise<Store> =>
    openPostgresStore({
      url: config.databaseUrl,
      region: config.region,
      autoMigrate: config.autoMigrate,
      logger,
      runtime,
    })
  const { signal } = options
  const waiting = { waitMs: config.databaseWaitMs, runtime, logger, ...(signal !== undefined && { signal }) }
  const store = await waitForDatabase(open, waiting)
  const name = config.name ?? defaultName(config.port)
  const { limits } = config
  const bus = memoryBus(new MemoryBusHub({ runtime }), { node: name, runtime, logger })
  const node = new ChatNode({ name, store, runtime, authenticator, limits, logger, bus })
  try {
    await node.start()
    return await openFront({ config, options, runtime, logger, store, node })
  } catch (error) {
    await node.stop(0)
    await store.close()
    throw error
  }
}
