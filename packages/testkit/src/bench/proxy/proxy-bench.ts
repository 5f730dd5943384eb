import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { neededBinary, whyNoProxies, type ProxyKind } from '../../proxies/proxy-binary.ts'
import { describeMachine, type Machine } from '../environment.ts'
import { rounded } from '../rounded.ts'
import { median } from '../test-bed.ts'
import { measureConvergence } from './convergence.ts'
import { measureSpread } from './new-connections.ts'
import { measureSpeed } from './speed.ts'
import { withProxyStand } from './stand.ts'

/** What is asked (issue 5, item 8). */
const REACH = { throughputRatio: 0.5, convergenceMs: 2_000, spread: 0.1 } as const

const FULL = { rounds: 3, measureMs: 800, changes: 8 } as const
const SMOKE = { rounds: 1, measureMs: 200, changes: 2 } as const
const KINDS = ['haproxy', 'nginx'] as const

export interface ProxyBenchOptions {
  /** Less of everything: shows that it runs, says nothing about speed. */
  readonly smoke?: boolean
  readonly onProgress?: (line: string) => void
}

export interface ProxyBenchReport {
  readonly bench: 'proxy'
  readonly figures: Readonly<Record<string, number>>
  readonly environment: Machine & { readonly haproxy: string; readonly nginx: string }
  /** Every figure reaches what is asked of it. */
  readonly ok: boolean
}

/** One of the proxies is not installed. */
export class NoProxies extends Error {}

/** The built-in balancer, HAProxy and NGINX before the same nodes, under the same clients, in one run. */
export async function benchProxy({
  smoke = false,
  onProgress: say = () => undefined,
}: ProxyBenchOptions = {}): Promise<ProxyBenchReport> {
  const why = whyNoProxies(KINDS)
  if (why !== undefined) throw new NoProxies(why)
  const plan = smoke ? SMOKE : FULL
  const figures = await withProxyStand(async (stand) => {
    const convergedMs = await measureConvergence(stand, plan.changes)
    say(`weights in force after ${convergedMs.map(Math.round).join(', ')} ms`)
    const speed = await measureSpeed(stand, plan, say)
    const { haproxy: spread = NaN, builtin: builtinSpread = NaN } = await measureSpread(stand, [
      'haproxy',
      'builtin',
    ])
    return {
      ...speed,
      convergenceMs: median(convergedMs),
      convergenceMsMax: Math.max(...convergedMs),
      spread,
      builtinSpread,
    }
  })
  const environment = {
    ...(await describeMachine()),
    haproxy: await versionOf('haproxy'),
    nginx: await versionOf('nginx'),
  }
  const ok =
    figures.convergenceMs <= REACH.convergenceMs &&
    figures.spread <= REACH.spread &&
    figures.throughputRatio >= REACH.throughputRatio
  return { bench: 'proxy', figures: rounded(figures), environment, ok }
}

/** `2.6.12-1+deb12u2`, `1.22.1`. */
async function versionOf(kind: ProxyKind): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(neededBinary(kind), ['-v'])
  return /(?:version |nginx\/)(\S+)/.exec(`${stdout}${stderr}`)?.[1] ?? 'unknown'
}
