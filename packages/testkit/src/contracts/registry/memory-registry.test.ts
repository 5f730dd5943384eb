import { MemoryRegistry, MemoryRegistryState, systemRuntime } from '@skein/server'
import { registryContract } from './registry-contract.ts'

registryContract('the registry in memory', async () => {
  let now = Date.UTC(2026, 0, 1)
  const state = new MemoryRegistryState(() => now)
  const handle = async (): Promise<MemoryRegistry> => new MemoryRegistry({ state, runtime: systemRuntime() })
  return {
    registry: await handle(),
    another: handle,
    passMs: async (ms) => {
      now += ms
    },
    nowMs: async () => now,
    dispose: async () => {},
  }
})
