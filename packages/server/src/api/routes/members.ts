import { LIMITS, Role, UserId, type MemberBody } from '@skein/protocol'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { commit, committedView } from '../commit.ts'
import type { ApiDeps, ApiNode } from '../deps.ts'
import { ApiProblem } from '../problem.ts'
import {
  CommittedView,
  ConversationParams,
  MemberParams,
  MemberView,
  PageLimit,
  PROBLEM_RESPONSES,
} from '../schemas.ts'

const Added = z.object({
  members: z
    .array(z.object({ user: UserId, role: z.optional(Role) }))
    .min(1)
    .max(LIMITS.membersPerEvent),
})

/** Who is in a conversation. */
export const memberRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (
  api,
  { deps: { store, node } },
) => {
  const tags = ['members']
  const members = '/conversations/:conversation/members'
  const answers = { 200: CommittedView, ...PROBLEM_RESPONSES }

  api.get(members, {
    schema: {
      tags,
      summary: 'List members, sorted by user id',
      params: ConversationParams,
      querystring: z.object({ after: z.optional(UserId), limit: PageLimit }),
      response: { 200: z.object({ members: z.array(MemberView), more: z.boolean() }), ...PROBLEM_RESPONSES },
    },
    handler: async ({ app, params: { conversation }, query: { after, limit } }) => {
      const page = await store.members({ app, conversation, limit, ...(after !== undefined && { after }) })
      // A conversation has members, so an empty first page means that it may not exist.
      if (page.members.length === 0 && (await store.conversation(app, conversation)) === undefined) {
        throw new ApiProblem('conversationUnknown', `There is no conversation ${conversation}.`)
      }
      return { members: [...page.members], more: page.more }
    },
  })

  api.post(members, {
    schema: {
      tags,
      summary: 'Add members; who is one already stays as it is',
      params: ConversationParams,
      body: Added,
      response: answers,
    },
    handler: (request) => {
      const added = request.body.members.map(({ user, role = 'member' }) => ({ user, role }))
      return changeMembers(node, request, request.params.conversation, { change: 'add', members: added })
    },
  })

  api.delete(`${members}/:user`, {
    schema: { tags, summary: 'Remove a member', params: MemberParams, response: answers },
    handler: (request) => {
      const { conversation, user } = request.params
      return changeMembers(node, request, conversation, { change: 'remove', user })
    },
  })

  const roleSchema = { params: MemberParams, body: z.object({ role: Role }), response: answers }
  api.patch(`${members}/:user`, {
    schema: { tags, summary: "Change a member's role", ...roleSchema },
    handler: (request) => {
      const { conversation, user } = request.params
      return changeMembers(node, request, conversation, { change: 'role', user, role: request.body.role })
    },
  })
}

async function changeMembers(
  node: ApiNode,
  request: FastifyRequest,
  conversation: string,
  body: MemberBody,
): Promise<z.infer<typeof CommittedView>> {
  return committedView(
    await commit(node, request, { conversation, kind: 'member', authority: 'system', body }),
  )
}
