export * from './backoff.ts'
export * from './breaker.ts'
export * from './gcra.ts'
