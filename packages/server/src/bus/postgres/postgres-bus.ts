import { type BusOptions, LinkedBus } from '../linked-bus.ts'
import { openPostgresWire } from './postgres-wire.ts'

export interface PostgresBusOptions extends BusOptions {
  /** Of the primary, directly: NOTIFY does not pass a pooler that lends connections per transaction. */
  readonly url: string
}

/** NOTIFY takes payloads shorter than 8,000 bytes (NOTIFY_PAYLOAD_MAX_LENGTH in src/backend/commands/async.c). */
const MAX_PAYLOAD_BYTES = 7_900

/**
 * Needs no service beside the database; for small clusters, since every node gets every hint. Server
 * side a NOTIFY takes a lock of the whole cluster, so each node has one under way at a time.
 */
export function postgresBus(options: PostgresBusOptions): LinkedBus {
  return new LinkedBus(options, {
    kind: 'postgres',
    hintChannels: 'one',
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxInFlight: 1,
    open: (events) => openPostgresWire(options.url, events),
  })
}
