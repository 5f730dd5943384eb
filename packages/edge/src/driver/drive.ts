import type { Runtime } from '@skein/core'
import { bracketed } from '../builtin/ip-address.ts'
import { ClusterFollower, askOverHttp, type AskCluster } from '../cluster/cluster-follower.ts'
import type { ClusterAnswer } from '../cluster/cluster-answer.ts'
import type { EdgeNode } from '../cluster/edge-node.ts'
import { desiredServers, type DesiredOptions } from './desired-servers.ts'
import type { DesiredServer, ProxyDriver } from './driver.ts'
import { rollOf } from './roll.ts'

export interface DriveOptions {
  readonly drivers: readonly ProxyDriver[]
  readonly cluster: { readonly operatorKey: string; readonly urls: readonly string[] }
  readonly runtime: Pick<Runtime, 'clock' | 'timers'>
  /** Where the proxies are. */
  readonly home?: DesiredOptions['home']
  /** Nobody tells who is there (what was known is kept), or somebody does again. Told once each. */
  readonly onCluster?: (
    event: { readonly silent: true; readonly why: unknown } | { readonly silent: false },
  ) => void
  /** How the cluster and its nodes are asked; over HTTP unless told. */
  readonly ask?: AskCluster
  readonly isReady?: (node: EdgeNode) => Promise<boolean>
}

export interface Drive {
  /** As proxies were told last. */
  servers(): readonly DesiredServer[]
  /** Proxies go on as they are. */
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 400

/**
 * Follows the cluster and brings proxies to where they should be, each second and each proxy at its own
 * pace: one that is slow gets the newest list when it is done, not all that came meanwhile.
 * @throws what `start` of a driver rejects with.
 */
export async function driveProxies(options: DriveOptions): Promise<Drive> {
  const { cluster, runtime, drivers, onCluster = () => undefined } = options
  const { isReady = readyOverHttp } = options
  for (const driver of drivers) await driver.start()
  const lanes = drivers.map((driver) => laneOf(driver))
  let known: readonly EdgeNode[] = []
  let servers: readonly DesiredServer[] = []
  let isSilent = false
  let asking: Promise<void> = Promise.resolve()
  const tell = (): void => lanes.forEach((lane) => lane.apply(servers))
  const learn = async (answer: ClusterAnswer): Promise<void> => {
    const { listed, missing } = rollOf(known, answer)
    const answers = await Promise.all(missing.map(isReady))
    known = [...listed, ...missing.filter((_, index) => answers[index] === true)]
    const nowMs = runtime.clock.monotonicMs()
    servers = desiredServers(known, { nowMs, home: options.home })
    tell()
  }
  const follower = new ClusterFollower({
    urls: () => [...known.map(({ host, port }) => `http://${bracketed(host)}:${port}`), ...cluster.urls],
    ask: options.ask ?? askOverHttp(cluster.operatorKey),
    runtime,
    onAnswer(answer) {
      if (isSilent) onCluster({ silent: false })
      isSilent = false
      asking = asking.then(() => learn(answer))
    },
    onSilence(why) {
      if (!isSilent) onCluster({ silent: true, why })
      isSilent = true
      // A proxy that restarted meanwhile is brought back to what is known.
      tell()
    },
  })
  await follower.start()
  return {
    servers: () => servers,
    async stop() {
      await follower.stop()
      await asking
      await Promise.all(lanes.map((lane) => lane.idle()))
      await Promise.all(drivers.map((driver) => driver.stop()))
    },
  }
}

interface Lane {
  apply(servers: readonly DesiredServer[]): void
  idle(): Promise<void>
}

/** One list at a time, and of those that wait only the newest. */
function laneOf(driver: ProxyDriver): Lane {
  let next: readonly DesiredServer[] | undefined
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    while (next !== undefined) {
      const servers = next
      next = undefined
      await driver.apply(servers)
    }
  }
  return {
    apply(servers) {
      next = servers
      running ??= run().finally(() => (running = undefined))
    },
    idle: () => running ?? Promise.resolve(),
  }
}

async function readyOverHttp({ host, port }: EdgeNode): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(READY_TIMEOUT_MS)
    const response = await fetch(`http://${bracketed(host)}:${port}/readyz`, { signal })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
