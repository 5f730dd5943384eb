export { fileOutboxStorage } from './file-outbox.ts'
export { nodeTransport } from './transport.ts'
