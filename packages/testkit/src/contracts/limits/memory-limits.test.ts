import { MemoryLimits, systemRuntime } from '@skein/server'
import { limitsContract } from './limits-contract.ts'

limitsContract('limits in memory', async () => {
  const limits = new MemoryLimits(systemRuntime())
  return { another: () => limits, dispose: () => limits.close() }
})
