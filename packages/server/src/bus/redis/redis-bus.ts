import { type BusOptions, LinkedBus } from '../linked-bus.ts'
import { parseRedisAddress } from './redis-address.ts'
import { openRedisWire } from './redis-wire.ts'

export interface RedisBusOptions extends BusOptions {
  /** See `parseRedisAddress`. */
  readonly url: string
}

/** A payload is one hint more often than not; a burst in one conversation is cut here. */
const MAX_PAYLOAD_BYTES = 64 * 1024

/** Redis 7 or newer, one server or Sentinels. A channel per conversation: a node hears what it serves. */
export function redisBus(options: RedisBusOptions): LinkedBus {
  const address = parseRedisAddress(options.url)
  return new LinkedBus(options, {
    kind: 'redis',
    hintChannels: 'perConversation',
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxInFlight: 4,
    open: (events) => openRedisWire(address, options.runtime.timers, events),
  })
}
