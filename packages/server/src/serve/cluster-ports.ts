import type { Runtime } from '@skein/core'
import type { Bus } from '../bus/bus.ts'
import { postgresBus } from '../bus/postgres/postgres-bus.ts'
import { parseRedisAddress } from '../bus/redis/redis-address.ts'
import { redisBus } from '../bus/redis/redis-bus.ts'
import type { Registry } from '../cluster/registry.ts'
import { PostgresRegistry } from '../cluster/registry/postgres.ts'
import { openRedisCommands } from '../cluster/registry/redis-commands.ts'
import { RedisRegistry } from '../cluster/registry/redis.ts'
import type { ClusterConfig } from '../config/node-config.ts'
import type { Logger } from '../observe/logger.ts'

export interface PortOptions {
  readonly databaseUrl: string
  readonly cluster: Pick<ClusterConfig, 'bus' | 'redisUrl'>
  readonly runtime: Runtime
  readonly logger: Logger
}

/** The bus that is configured; it connects when it is started. */
export function openBus({ databaseUrl, cluster, runtime, logger }: PortOptions, node: string): Bus {
  const options = { node, runtime, logger }
  return cluster.bus === 'redis' && cluster.redisUrl !== undefined
    ? redisBus({ ...options, url: cluster.redisUrl })
    : postgresBus({ ...options, url: databaseUrl })
}

/** On Redis where there is one, else in the database. */
export function openRegistry({ databaseUrl, cluster, runtime, logger }: PortOptions): Registry {
  if (cluster.redisUrl === undefined) return new PostgresRegistry({ url: databaseUrl, logger })
  const address = parseRedisAddress(cluster.redisUrl)
  return new RedisRegistry({ commands: openRedisCommands({ address, timers: runtime.timers }) })
}
