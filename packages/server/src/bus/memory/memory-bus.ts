import { type BusOptions, LinkedBus } from '../linked-bus.ts'
import type { WireDriver } from '../wire.ts'
import type { MemoryBusHub } from './memory-bus-hub.ts'

/** Small, so that a burst is several payloads and a fault can strike the last one only. */
const MAX_PAYLOAD_BYTES = 4_096

/** Nodes of one process. All that is said passes through the same code as with a real server, as text. */
export function memoryBus(hub: Pick<MemoryBusHub, 'connect'>, options: BusOptions): LinkedBus {
  const driver: WireDriver = {
    kind: 'memory',
    hintChannels: 'perConversation',
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxInFlight: 4,
    open: (events) => hub.connect(options.node, events),
  }
  return new LinkedBus(options, driver)
}
