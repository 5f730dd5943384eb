export { fileDispatchCache } from './file-dispatch-cache.ts'
export { fileOutboxStorage } from './file-outbox.ts'
export { nodeTransport } from './transport.ts'
