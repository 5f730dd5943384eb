import type { Clock } from '@skein/core'
import type { ApiDispatch } from '../api/deps.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { DispatchLimit } from '../dispatch/dispatch-limit.ts'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import { endpointsOfEdges, endpointsOfNodes, type DispatchNode } from '../dispatch/endpoints.ts'
import { DispatchSigner } from '../dispatch/signing-key.ts'
import type { Guards } from '../observe/guards.ts'

export interface ApiDispatchParts {
  readonly config: Pick<NodeConfig, 'cluster' | 'dispatch' | 'trustedProxies'>
  readonly clock: Clock
  /** Of the cluster, as this node sees them. May throw while it is starting. */
  readonly nodes: () => readonly DispatchNode[]
  readonly guards?: Guards
}

/** Caches between a node and its clients keep an answer for so long at most. */
const CACHE_MAX_SECONDS = 10

/** A cache may serve what clients may still use, while no node answers (RFC 5861). */
function cacheControl({ ttlMs, staleMs }: NodeConfig['dispatch']): string {
  const maxAge = Math.min(CACHE_MAX_SECONDS, Math.floor(ttlMs / 2_000))
  return `public, max-age=${maxAge}, stale-if-error=${Math.floor((ttlMs + staleMs) / 1_000)}`
}

/** What a node answers at /v1/dispatch. */
export function apiDispatch({ config, clock, nodes, guards }: ApiDispatchParts): ApiDispatch {
  const { edges, key, ...terms } = config.dispatch
  const configured = edges.length > 0 ? endpointsOfEdges(edges) : undefined
  const dispatcher = new Dispatcher({
    ...terms,
    clock,
    signer: DispatchSigner.of({ clusterSecret: config.cluster.secret, ...(key !== undefined && { key }) }),
    endpoints: () => configured ?? endpointsOfNodes(nodes()),
  })
  const limit = new DispatchLimit({ trustedProxies: config.trustedProxies, clock })
  guards?.add(() => [limit.status()])
  return {
    answer: (place) => dispatcher.answer(place),
    refusedFor: (peer, forwardedFor) => limit.refusedFor(peer, forwardedFor),
    cacheControl: cacheControl(config.dispatch),
  }
}
