import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { NodeStats } from '../../node/chat-node.ts'
import type { ApiDeps } from '../deps.ts'

export type Readiness = 'ready' | 'degraded' | 'starting' | 'stopping'

/**
 * A node that cannot reach the database is degraded, not unready: all nodes share that fault, and
 * taking all of them out helps nobody.
 */
export function readiness({ state, tail }: Pick<NodeStats, 'state' | 'tail'>): Readiness {
  if (state === 'stopping' || tail === 'stopped') return 'stopping'
  if (tail === 'starting') return 'starting'
  return tail === 'behind' ? 'degraded' : 'ready'
}

const Health = z.object({ status: z.string() })

/** For load balancers and orchestrators; no key. */
export const healthRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (api, { deps: { node } }) => {
  const tags = ['health']

  api.get('/livez', {
    schema: { tags, summary: 'The process answers', response: { 200: Health } },
    handler: async () => ({ status: 'alive' }),
  })

  api.get('/readyz', {
    schema: { tags, summary: 'New clients may come here', response: { 200: Health, 503: Health } },
    handler: async (_request, reply) => {
      const status = readiness(node.stats())
      return reply.code(status === 'ready' || status === 'degraded' ? 200 : 503).send({ status })
    },
  })
}
