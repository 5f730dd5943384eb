import type { Endpoint } from '@skein/resilience'

export interface Candidate {
  readonly endpoint: Endpoint
  /** It is there, and wants new clients. */
  readonly welcome: boolean
}

/**
 * Which nodes a connection may go to: those that want it; when none of them is left all others, which may
 * be better than their last word: nothing is worse than no node. `tried` have failed this very connection.
 */
export function candidatesOf(nodes: readonly Candidate[], tried: ReadonlySet<string>): readonly Endpoint[] {
  const left = nodes.filter(({ endpoint }) => !tried.has(endpoint.id))
  const welcome = left.filter((candidate) => candidate.welcome)
  if (welcome.length > 0) return welcome.map(({ endpoint }) => endpoint)
  return left.map(({ endpoint }) => ({ ...endpoint, state: 'healthy' }))
}
