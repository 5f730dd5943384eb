export * from './api.ts'
export { createClient } from './client.ts'
export type { Transport, TransportFactory, TransportListener } from './connection/transport.ts'
export {
  webSocketTransport,
  webSocketTransportOn,
  type WebSocketClass,
  type WebSocketLike,
} from './connection/web-socket.ts'
export {
  localStorageDispatchCache,
  memoryDispatchCache,
  type DispatchCache,
  type KeyValueStorage,
} from './dispatch/cache.ts'
export type { DispatchAnswer, DispatchFetch } from './dispatch/fetch.ts'
export type { DispatchOptions, Home } from './dispatch/options.ts'
export { transportProbe, type DispatchProbe } from './dispatch/probe.ts'
export type { VerifyEd25519 } from './dispatch/verify.ts'
export { SdkError, type LocalReason, type SdkErrorReason } from './errors.ts'
export { MemoryOutboxes, memoryOutboxStorage } from './outbox/memory.ts'
export type { HeldOutbox, OutboxEntry, OutboxStorage } from './outbox/storage.ts'
export { webRuntime } from './platform/runtime.ts'
export { indexedDbOutboxStorage } from './outbox/indexed-db.ts'
