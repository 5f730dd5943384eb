import { setTimeout as delay } from 'node:timers/promises'
import type { Backend, Backends } from './backends.ts'

/** How often nodes are asked, and how long one may take to answer: a paused one is found in a second. */
export const READY_POLL_MS = 400
const READY_TIMEOUT_MS = 400

async function isReady({ host, port }: Backend): Promise<boolean> {
  try {
    const response = await fetch(`http://${host}:${port}/readyz`, {
      signal: AbortSignal.timeout(READY_TIMEOUT_MS),
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

/** Asks every node again and again whether it wants connections, until the signal is aborted. */
export async function followReadiness(backends: Backends, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const round = backends.all().map(async (backend) => backends.setReady(backend, await isReady(backend)))
    await Promise.all([...round, delay(READY_POLL_MS, undefined, { signal }).catch(() => undefined)])
  }
}
