import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { ApiDeps } from '../deps.ts'

const Live = z.object({
  live: z.boolean(),
  /** The process, for other nodes: one that was started again on the same port is another. */
  id: z.string().optional(),
})

const Ready = z.object({
  ready: z.boolean(),
  degraded: z.boolean(),
  reasons: z.array(z.string()).describe('Each in words, worst first.'),
})

/** For load balancers and orchestrators; no key. */
export const healthRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (api, { deps }) => {
  const tags = ['health']

  api.get('/livez', {
    schema: {
      tags,
      summary: 'The process can serve; if not, restart it',
      response: { 200: Live, 503: Live },
    },
    handler: async (_request, reply) => {
      const { live } = deps.health()
      return reply
        .code(live ? 200 : 503)
        .send({ live, ...(deps.nodeId !== undefined && { id: deps.nodeId }) })
    },
  })

  api.get('/readyz', {
    schema: { tags, summary: 'New clients may come here', response: { 200: Ready, 503: Ready } },
    handler: async (_request, reply) => {
      const { ready, degraded, reasons } = deps.health()
      return reply.code(ready ? 200 : 503).send({ ready, degraded, reasons: [...reasons] })
    },
  })
}
