export * from './check.ts'
export * from './history.ts'
export * from './recorder.ts'
export * from './store-history.ts'
