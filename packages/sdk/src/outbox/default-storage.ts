import type { Runtime } from '@skein/core'
import { indexedDbOutboxStorage } from './indexed-db.ts'
import { memoryOutboxStorage } from './memory.ts'
import type { OutboxStorage } from './storage.ts'

/** IndexedDB where there is one, else memory. */
export const defaultOutboxStorage = (runtime: Runtime): OutboxStorage =>
  'indexedDB' in globalThis ? indexedDbOutboxStorage(runtime) : memoryOutboxStorage()
