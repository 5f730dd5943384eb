export * from './store/store.ts'
export * from './store/store-error.ts'
export * from './log/committer.ts'
export * from './log/tail-reader.ts'
