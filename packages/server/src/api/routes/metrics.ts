import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiDeps } from '../deps.ts'
import { admitBearer } from '../operator-key.ts'
import { ApiProblem } from '../problem.ts'

/** For Prometheus, not for products: open unless the node has a key for it. */
export const metricsRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (api, { deps: { metrics } }) => {
  api.get('/metrics', {
    schema: { hide: true },
    handler: async ({ headers }, reply) => {
      if (metrics === undefined)
        throw new ApiProblem('notFound', 'This node tells no metrics: see its option metrics.')
      const { key } = metrics
      if (key !== undefined) admitBearer({ key, what: 'metrics key' }, headers.authorization)
      const { contentType, text } = await metrics.read()
      return reply.type(contentType).send(text)
    },
  })
}
