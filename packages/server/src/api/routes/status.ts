import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { Health } from '../../probe/health.ts'
import { DEFAULT_VERSION, type ApiDeps } from '../deps.ts'
import { PROBLEM_RESPONSES } from '../schemas.ts'

const wordFor = ({ ready, degraded }: Health): 'ready' | 'degraded' | 'unready' =>
  ready ? (degraded ? 'degraded' : 'ready') : 'unready'

const Status = z.looseObject({
  status: z.enum(['ready', 'degraded', 'unready']),
  reasons: z.array(z.string()),
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
      const health = deps.health()
      const said = { status: wordFor(health), reasons: [...health.reasons] }
      return { ...deps.node.stats(), ...said, version: deps.version ?? DEFAULT_VERSION }
    },
  })
}
