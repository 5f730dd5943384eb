import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { DEFAULT_VERSION, type ApiDeps } from '../deps.ts'
import { PROBLEM_RESPONSES } from '../schemas.ts'
import { readiness } from './health.ts'

const Status = z.looseObject({
  status: z.string(),
  name: z.string(),
  origin: z.string(),
  version: z.string(),
})

/** How the node is, in figures. */
export const statusRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (api, { deps }) => {
  api.get('/status', {
    schema: {
      tags: ['health'],
      summary: 'State and counters of this node',
      response: { 200: Status, ...PROBLEM_RESPONSES },
    },
    handler: async () => {
      const stats = deps.node.stats()
      return { ...stats, status: readiness(stats), version: deps.version ?? DEFAULT_VERSION }
    },
  })
}
