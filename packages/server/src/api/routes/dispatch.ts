import { DISPATCH_CONTENT_TYPE, LIMITS } from '@skein/protocol'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { ApiDeps } from '../deps.ts'
import { ApiProblem } from '../problem.ts'
import { PROBLEM_RESPONSES } from '../schemas.ts'

const place = z.string().max(LIMITS.idLength).default('')

/** A view changes with its next report. */
const RETRY_MS = 1_000

/** Where to connect, signed: for clients before they have a token, so no key. */
export const dispatchRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (
  api,
  { deps: { dispatch } },
) => {
  // Refusals too: a page should read when to come back.
  api.addHook('onRequest', async (_request, reply) => {
    reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', 'retry-after')
  })

  api.get('/dispatch', {
    schema: {
      tags: ['dispatch'],
      summary: 'Where clients connect, best first, signed (JWS in compact form, Ed25519)',
      querystring: z.object({
        zone: place.describe('Its endpoints come first, where they are of the region too.'),
        region: place.describe('Its endpoints come before those of others.'),
      }),
      response: {
        200: { description: 'A JWS', content: { [DISPATCH_CONTENT_TYPE]: { schema: z.string() } } },
        ...PROBLEM_RESPONSES,
      },
    },
    handler: async ({ query, ip, headers }, reply) => {
      if (dispatch === undefined) throw new ApiProblem('notFound', 'This server is no node of a cluster.')
      const retryAfterMs = dispatch.refusedFor(ip, headers['x-forwarded-for'])
      if (retryAfterMs !== undefined) {
        throw new ApiProblem('tooFast', 'Too many questions from one address; a list holds for its ttl.', {
          retryAfterMs,
        })
      }
      const text = dispatch.answer(query)
      if (text === undefined) {
        throw new ApiProblem(
          'unavailable',
          'There is no endpoint that clients can open: check clientUrl of the nodes, or edges.',
          { retryAfterMs: RETRY_MS },
        )
      }
      return reply.header('cache-control', dispatch.cacheControl).type(DISPATCH_CONTENT_TYPE).send(text)
    },
  })
}
