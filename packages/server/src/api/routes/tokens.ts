import { LIMITS } from '@skein/protocol'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { mintToken } from '../../auth/mint-token.ts'
import type { ApiDeps } from '../deps.ts'
import { ApiProblem } from '../problem.ts'
import { PROBLEM_RESPONSES, UserParams } from '../schemas.ts'

const TOKEN_TTL_DEFAULT_SECONDS = 3_600
const TOKEN_TTL_MAX_SECONDS = 30 * 24 * 3_600

const TokenAsked = z.object({
  ttlSeconds: z.number().int().min(10).max(TOKEN_TTL_MAX_SECONDS).default(TOKEN_TTL_DEFAULT_SECONDS),
  device: z.string().min(1).max(LIMITS.idLength).optional(),
  capabilities: z.array(z.string().min(1).max(64)).max(32).optional(),
})

/** Users' tokens and the end of these. */
export const tokenRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (api, { deps }) => {
  const { store, node, runtime } = deps
  const tags = ['users']

  api.post('/users/:user/tokens', {
    schema: {
      tags,
      summary: 'Sign a token with which the user connects',
      params: UserParams,
      body: TokenAsked,
      response: { 201: z.object({ token: z.string(), expiresAt: z.number() }), ...PROBLEM_RESPONSES },
    },
    handler: async ({ app, params: { user }, body: { ttlSeconds, device, capabilities } }, reply) => {
      if (deps.tokens === undefined) {
        throw new ApiProblem(
          'tokensNotSigned',
          'Tokens are verified by public keys here: sign them where the private key is.',
        )
      }
      const { token, expiresAtMs } = await mintToken(
        {
          ...deps.tokens,
          app,
          user,
          ttlSeconds,
          ...(device !== undefined && { device }),
          ...(capabilities !== undefined && { capabilities }),
        },
        runtime.clock,
      )
      return reply.code(201).send({ token, expiresAt: Math.floor(expiresAtMs) })
    },
  })

  api.post('/users/:user/revoke', {
    schema: {
      tags,
      summary: 'Void all tokens issued so far and close the sessions',
      params: UserParams,
      response: { 200: z.object({ user: z.string(), validAfter: z.number() }), ...PROBLEM_RESPONSES },
    },
    handler: async ({ app, params: { user } }) => {
      const validAfter = runtime.clock.now()
      node.publish([await store.revoke(app, user, validAfter)])
      return { user, validAfter }
    },
  })
}
