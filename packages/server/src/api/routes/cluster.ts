import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { DrainError } from '../../member/drain-error.ts'
import type { ApiDeps } from '../deps.ts'
import { admitOperator } from '../operator-key.ts'
import { ApiProblem } from '../problem.ts'
import { PROBLEM_RESPONSES } from '../schemas.ts'

/** A drain that another node passed on; it goes no further. */
export const FORWARDED_HEADER = 'x-skein-forwarded'

const WINDOW_MAX_MS = 3_600_000

const Status = z.looseObject({
  self: z.string(),
  viewAgeMs: z.number().nullable(),
  nodes: z.array(z.looseObject({ id: z.string(), name: z.string(), state: z.string() })),
})

const DrainAsked = z.object({
  windowMs: z
    .number()
    .int()
    .min(0)
    .max(WINDOW_MAX_MS)
    .optional()
    .describe('All clients should have moved by then.'),
  force: z.boolean().default(false).describe('Also when nobody is left to take them.'),
})

/** For operators: who is in the cluster and how it goes, and sending a node away. The key is another one. */
export const clusterRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (
  api,
  { deps: { operator } },
) => {
  const tags = ['cluster']

  api.addHook('onRequest', async ({ headers }) => admitOperator(operator?.key, headers.authorization))
  api.addHook('preValidation', async (request) => {
    if (request.method !== 'GET') request.body ??= {}
  })

  api.get('/cluster', {
    schema: {
      tags,
      summary: 'The nodes of the cluster as this one sees them',
      response: { 200: Status, ...PROBLEM_RESPONSES },
    },
    handler: async () => {
      const status = clusterOf(operator).status()
      return { ...status, nodes: status.nodes.map((node) => ({ ...node })) }
    },
  })

  api.post('/cluster/nodes/:name/drain', {
    schema: {
      tags,
      summary: "Move a node's clients to the others, then end it",
      params: z.object({ name: z.string().max(64) }),
      body: DrainAsked,
      response: { 202: z.object({ node: z.string(), windowMs: z.number() }), ...PROBLEM_RESPONSES },
    },
    handler: async ({ params: { name }, body: { windowMs, force }, headers }, reply) => {
      const accepted = await clusterOf(operator)
        .drain({
          node: name,
          force,
          ...(windowMs !== undefined && { windowMs }),
          authorization: headers.authorization ?? '',
          forwarded: headers[FORWARDED_HEADER] !== undefined,
        })
        .catch((error: unknown) => {
          throw error instanceof DrainError ? new ApiProblem(error.reason, error.message) : error
        })
      return reply.code(202).send(accepted)
    },
  })
}

function clusterOf(operator: ApiDeps['operator']): NonNullable<ApiDeps['operator']>['cluster'] {
  if (operator === undefined) throw new ApiProblem('notFound', 'This server is no node of a cluster.')
  return operator.cluster
}
