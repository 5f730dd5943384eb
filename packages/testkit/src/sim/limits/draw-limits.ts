import { randomInt, type Random } from '@skein/core'
import type { RateLimits } from '@skein/server'
import type { LimitTerms } from './sim-limits.ts'

const NONE = { ip: undefined, device: undefined, user: undefined, app: undefined, cluster: undefined }

const COME_BACK_SECONDS = 1.5

export interface LimitedWorld {
  readonly nodes: number
  readonly users: number
  /** Sends per second of a user's part, at least. */
  readonly leastPerSecond: number
  /** Also connects are limited: then nothing can be promised about who is back when. */
  readonly limitsConnects: boolean
}

/**
 * Small enough to be met. With nothing that counts for all, a user with one connection has its node's part
 * only: the limit grows with the nodes, so that everybody can send everything in the end.
 */
export function drawLimits(world: LimitedWorld, random: Random): LimitTerms {
  const isShared = random.next() < 0.6
  const perSecond = Math.ceil(world.leastPerSecond * (1 + random.next()) * (isShared ? 1 : world.nodes))
  // Who was refused comes back after a second or more, and gets what is there then: less burst is less rate.
  const burst = Math.ceil(perSecond * COME_BACK_SECONDS) + randomInt(random, 40)
  const user = { perSecond, burst }
  const device = {
    perSecond: Math.max(1, perSecond * (0.6 + 0.4 * random.next())),
    burst: Math.ceil(burst * (0.6 + 0.4 * random.next())),
  }
  const all = { perSecond: perSecond * world.users, burst: burst * world.users }
  const limits: RateLimits = {
    connects: {
      ...NONE,
      ...(world.limitsConnects && { user: { perSecond: 1, burst: 6 }, device: { perSecond: 0.5, burst: 4 } }),
    },
    calls: NONE,
    messages: { device, user, app: all, cluster: all },
  }
  return { limits, isShared }
}
