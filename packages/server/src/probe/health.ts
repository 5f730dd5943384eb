import type { PathVerdict } from './judge.ts'

/** What `/livez` and `/readyz` say. */
export interface Health {
  /** The process can serve at all; false asks for a restart. Never follows the path: a restart mends no network. */
  readonly live: boolean
  /** New clients may come here. */
  readonly ready: boolean
  /** It serves, but slower or less safely than it should. */
  readonly degraded: boolean
  /** Each in words, worst first. */
  readonly reasons: readonly string[]
}

export interface HealthEvidence {
  readonly state: 'starting' | 'running' | 'draining' | 'stopping'
  readonly path: PathVerdict
  readonly pathWhy: string
  readonly tail: 'starting' | 'following' | 'behind' | 'stopped'
  /** `outside`: the registry is away, or the lease lapsed. `refused`: another has this node's place. */
  readonly standing: 'outside' | 'member' | 'refused' | 'left' | 'alone'
  /** Why this node must not write, if so. */
  readonly clockFault: string | undefined
}

export function healthOf(evidence: HealthEvidence): Health {
  const bars = unreadyReasons(evidence)
  const burdens = degradedReasons(evidence)
  return {
    live: true,
    ready: bars.length === 0,
    degraded: bars.length === 0 && burdens.length > 0,
    reasons: [...bars, ...burdens],
  }
}

function unreadyReasons({ state, path, pathWhy, tail, standing, clockFault }: HealthEvidence): string[] {
  const reasons: string[] = []
  if (state === 'starting' || tail === 'starting') reasons.push('The node is starting.')
  if (state === 'draining') reasons.push('The node is draining: its clients move to others.')
  if (state === 'stopping' || tail === 'stopped' || standing === 'left') reasons.push('The node is stopping.')
  if (standing === 'refused') reasons.push('The cluster refuses this node: see its log.')
  if (clockFault !== undefined) reasons.push(clockFault)
  if (path === 'failing') reasons.push(pathWhy)
  return reasons
}

/** A registry or a database that is away is everybody's fault: nobody leaves for it. */
function degradedReasons({ path, pathWhy, tail, standing }: HealthEvidence): string[] {
  const reasons: string[] = []
  if (path === 'degraded') reasons.push(pathWhy)
  if (tail === 'behind') reasons.push('The log cannot be read: sends wait for the database.')
  if (standing === 'outside')
    reasons.push('The registry does not know this node now: it keeps its last view of the others.')
  return reasons
}
