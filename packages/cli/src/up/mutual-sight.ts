import { setTimeout as delay } from 'node:timers/promises'
import { askCluster } from '../cluster/operator.ts'

const LOOK_MS = 50
/** Nodes look who is there twice a second or more; longer than this only when something is wrong. */
const WAIT_MS = 3_000

/** A node is ready before the others have seen it. Whoever is told of all of them may ask any of them. */
export async function untilAllSeeAll(urls: readonly string[], operatorKey: string): Promise<void> {
  const untilMs = performance.now() + WAIT_MS
  const seesAll = async (url: string): Promise<boolean> => {
    const status = await askCluster({ url, key: operatorKey }).catch(() => undefined)
    const ready = status?.nodes.filter(({ state }) => state === 'ready') ?? []
    return ready.length >= urls.length
  }
  while (performance.now() < untilMs) {
    if ((await Promise.all(urls.map(seesAll))).every(Boolean)) return
    await delay(LOOK_MS)
  }
}
