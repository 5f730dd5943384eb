import type { Runtime } from '@skein/core'
import { memoryOutboxStorage } from './memory.ts'
import type { OutboxStorage } from './storage.ts'

/** IndexedDB where there is one, else memory. */
export function defaultOutboxStorage(_runtime: Runtime): OutboxStorage {
  return memoryOutboxStorage()
}
