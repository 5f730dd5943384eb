import type { RedisProcess } from '../../cluster-bed/redis-process.ts'
import type { Stage } from '../stage.ts'

/** The one Redis of the bed. */
export function redisOf({ bed }: Stage): RedisProcess {
  if (bed.redis.kind !== 'single') throw new Error('this scenario asked for a Redis and got none')
  return bed.redis.server
}
