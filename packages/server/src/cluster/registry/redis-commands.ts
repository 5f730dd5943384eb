import type { Timers } from '@skein/core'
import type { RedisAddress } from '../../bus/redis/redis-address.ts'
import {
  connectRedis,
  destroy,
  findPrimary,
  redisLibrary,
  type RedisConnection,
} from '../../bus/redis/redis-connection.ts'
import { withDeadline } from '../deadline.ts'
import type { RedisCommands } from './redis.ts'

export interface RedisCommandsOptions {
  readonly address: RedisAddress
  readonly timers: Timers
  /** Shown in CLIENT LIST; `skein-registry` unless told. */
  readonly name?: string
  /** How long an answer may take; 900 ms unless told. */
  readonly answerMs?: number
}

/** A Redis that takes longer for a script of a few keys does not serve. */
const ANSWER_MS = 900

/**
 * One connection, opened when it is needed and given up when it fails or is silent: the next call finds
 * the primary anew. So a node starts whether Redis is there or not, and a fail-over needs no listener.
 */
export function openRedisCommands({
  address,
  timers,
  name = 'skein-registry',
  answerMs = ANSWER_MS,
}: RedisCommandsOptions): RedisCommands {
  let opening: Promise<RedisConnection> | undefined
  let closed = false

  const drop = (which: Promise<RedisConnection> | undefined): void => {
    if (opening === which) opening = undefined
    which?.then(destroy, () => undefined)
  }

  const open = (): Promise<RedisConnection> => {
    const made: Promise<RedisConnection> = findPrimary(address).then((server) =>
      connectRedis(address, server, { name, onLost: () => drop(made) }),
    )
    made.catch(() => drop(made))
    return made
  }

  return {
    async send(args) {
      if (closed) throw new Error('The connection to Redis was closed.')
      const mine = (opening ??= open())
      const client = await mine
      try {
        return await withDeadline(timers, answerMs, 'Redis', client.sendCommand([...args]))
      } catch (error) {
        const { ErrorReply } = await redisLibrary()
        // Any other answer of the server leaves the connection as good as it was.
        if (!(error instanceof ErrorReply) || error.message.startsWith('READONLY')) drop(mine)
        throw error
      }
    },
    async close() {
      closed = true
      drop(opening)
    },
  }
}
