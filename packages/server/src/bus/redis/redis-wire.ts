import type { Cancel, Timers } from '@skein/core'
import { BusError, busErrorOf } from '../bus-error.ts'
import type { Wire, WireEvents } from '../wire.ts'
import type { RedisAddress, RedisServer } from './redis-address.ts'
import { connectRedis, destroy, findPrimary } from './redis-connection.ts'

/** How often Sentinels are asked whether the primary is still the one. A dead one is noticed without. */
const WATCH_PRIMARY_MS = 2_000

/** Two connections: one that subscribes is fit for little else, and each is watched by the heartbeat. */
export async function openRedisWire(
  address: RedisAddress,
  timers: Timers,
  events: WireEvents,
): Promise<Wire> {
  const primary = await findPrimary(address)
  const results = await Promise.allSettled([
    connectRedis(address, primary, { name: 'skein-bus-publish', onLost: events.onLost }),
    connectRedis(address, primary, { name: 'skein-bus-subscribe', onLost: events.onLost }),
  ])
  const clients = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const [publisher, subscriber] = clients
  if (publisher === undefined || subscriber === undefined) {
    clients.forEach(destroy)
    const failed = results.find((result) => result.status === 'rejected')
    throw busErrorOf(failed?.reason, 'unreachable')
  }
  const stopWatching = watchPrimary(address, primary, timers, events)
  const onMessage = (payload: string): void => events.onPayload(payload)
  return {
    // Commands of one turn leave in one write.
    async publish(parcels) {
      await Promise.all(parcels.map(({ channel, payload }) => publisher.publish(channel, payload)))
    },
    async subscribe(channels) {
      await subscriber.subscribe([...channels], onMessage)
    },
    async unsubscribe(channels) {
      await subscriber.unsubscribe([...channels], onMessage)
    },
    close() {
      stopWatching()
      clients.forEach(destroy)
    },
  }
}

/** A primary that was demoted, or stands on the wrong side of a partition, still talks to itself. */
function watchPrimary(
  address: RedisAddress,
  primary: RedisServer,
  timers: Timers,
  events: WireEvents,
): Cancel {
  if (address.sentinelName === undefined) return () => undefined
  let cancel: Cancel
  let stopped = false
  const look = async (): Promise<void> => {
    const now = await findPrimary(address).catch(() => primary)
    if (stopped) return
    if (now.host === primary.host && now.port === primary.port)
      cancel = timers.after(WATCH_PRIMARY_MS, () => void look())
    else events.onLost(new BusError('moved', `The primary is ${now.host}:${now.port} now.`))
  }
  cancel = timers.after(WATCH_PRIMARY_MS, () => void look())
  return () => {
    stopped = true
    cancel()
  }
}
