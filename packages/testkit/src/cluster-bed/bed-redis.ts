import { RedisProcess } from './redis-process.ts'
import { SentinelSet } from './sentinel-set.ts'

export type RedisKind = 'none' | 'single' | 'sentinel'

/** What the nodes of a bed use beside the database. */
export type BedRedis =
  | { readonly kind: 'none' }
  | { readonly kind: 'single'; readonly server: RedisProcess }
  | { readonly kind: 'sentinel'; readonly set: SentinelSet }

export async function openBedRedis(kind: RedisKind): Promise<BedRedis> {
  switch (kind) {
    case 'none':
      return { kind }
    case 'single':
      return { kind, server: await RedisProcess.redis() }
    case 'sentinel':
      return { kind, set: await SentinelSet.open('skein-bed') }
  }
}

export async function disposeBedRedis(redis: BedRedis): Promise<void> {
  if (redis.kind === 'single') await redis.server.dispose()
  if (redis.kind === 'sentinel') await redis.set.dispose()
}
