export * from './api.ts'
export * from './connection/transport.ts'
export * from './outbox/storage.ts'
