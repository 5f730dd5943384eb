export * from './backoff.ts'
export * from './gcra.ts'
