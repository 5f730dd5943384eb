import { silentLogger } from '../../observe/logger.ts'
import { ManualRuntime } from '../../observe/manual-runtime.ts'
import { MemoryStore } from '../../store/memory/memory-store.ts'
import type { ApiDeps } from '../deps.ts'

const notAsked = (): never => {
  throw new Error('not asked')
}

/** What an API has of a healthy node whose chat nobody asks for. */
export function silentNode() {
  const runtime = new ManualRuntime()
  return {
    store: new MemoryStore({ runtime, region: 'r', incarnation: 'i', lanes: 1 }),
    node: { submit: notAsked, publish: notAsked, stats: notAsked },
    runtime,
    logger: silentLogger,
    apiKeys: [],
    health: () => ({ live: true, ready: true, degraded: false, reasons: [] }),
  } satisfies ApiDeps
}
