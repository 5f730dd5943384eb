import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { UserId } from '@skein/protocol'
import * as z from 'zod'
import type { ApiDeps } from '../deps.ts'
import { DisplayName, PageLimit, PROBLEM_RESPONSES, UserParams, UserView } from '../schemas.ts'

/** Users and their profiles. */
export const userRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (api, { deps: { store } }) => {
  const tags = ['users']

  api.put('/users/:user', {
    schema: {
      tags,
      summary: 'Create a user or change its profile',
      params: UserParams,
      body: z.object({ name: DisplayName.optional() }),
      response: { 200: UserView, ...PROBLEM_RESPONSES },
    },
    handler: async ({ app, params: { user }, body: { name } }) => {
      const profile = name === undefined ? {} : { name }
      await store.upsertUser(app, user, profile)
      return { user, ...profile }
    },
  })

  api.get('/users', {
    schema: {
      tags,
      summary: 'List users, sorted by id',
      querystring: z.object({ after: z.optional(UserId), limit: PageLimit }),
      response: { 200: z.object({ users: z.array(UserView), more: z.boolean() }), ...PROBLEM_RESPONSES },
    },
    handler: async ({ app, query: { after, limit } }) => {
      const { users, more } = await store.listUsers({ app, limit, ...(after !== undefined && { after }) })
      return { users: users.map(({ user, profile }) => ({ user, ...profile })), more }
    },
  })
}
