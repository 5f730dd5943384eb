import type { Runtime } from '@skein/core'
import type { NodeConfig } from '../config/node-config.ts'
import { openRedisLimits, RateLimiter } from '../limits/rate-limiter.ts'
import type { Guards } from '../observe/guards.ts'
import type { Logger } from '../observe/logger.ts'

export interface LimitingParts {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly guards: Guards
}

/** The limits that are configured: exact over all nodes where there is Redis, this node's part elsewhere. */
export function rateLimiterOf(
  { cluster: { redisUrl }, rateLimits, trustedProxies }: NodeConfig,
  { runtime, logger, guards }: LimitingParts,
  liveNodes: () => number,
): RateLimiter {
  const limiter = new RateLimiter({
    limits: rateLimits,
    ...(redisUrl !== undefined && { shared: openRedisLimits(redisUrl, runtime) }),
    liveNodes,
    trustedProxies,
    runtime,
    logger,
  })
  guards.add(() => limiter.guards())
  return limiter
}
