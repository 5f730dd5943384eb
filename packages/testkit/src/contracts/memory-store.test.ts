import { platformRandom, type Runtime } from '@skein/core'
import { MemoryDatabase, MemoryStore } from '@skein/server'
import type { StoreHarness } from './store-harness.ts'
import { storeContract } from './store-contract.ts'

const START_MS = Date.UTC(2026, 0, 1)

/** A database whose clock ticks a millisecond each time it is read, so that time passes without waiting. */
async function open(): Promise<StoreHarness> {
  let now = START_MS
  const runtime: Runtime = {
    clock: { now: () => now++, monotonicMs: () => now },
    timers: {
      after: (_delayMs, run) => {
        queueMicrotask(run)
        return () => {}
      },
      afterTurn: (run) => queueMicrotask(run),
    },
    random: platformRandom(),
  }
  const options = { region: 'local', incarnation: 'first', lanes: 4 }
  const database = new MemoryDatabase({ ...options, clock: runtime.clock, random: runtime.random })
  const handle = async (): Promise<MemoryStore> => new MemoryStore({ runtime, database, latencyMs: 1 })
  return {
    store: await handle(),
    another: handle,
    clockSkew: (ms) => {
      now += ms
    },
    newIncarnation: () => {
      database.newIncarnation()
      return handle()
    },
    dispose: async () => {},
  }
}

storeContract('the memory store', open)
