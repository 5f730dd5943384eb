import { directConversationId, LIMITS, Role, UserId, type Body } from '@skein/protocol'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { commit, committedView, type Command } from '../commit.ts'
import type { ApiDeps } from '../deps.ts'
import { ApiProblem } from '../problem.ts'
import {
  CommittedView,
  ConversationName,
  ConversationParams,
  MarksView,
  PROBLEM_RESPONSES,
  TitleText,
} from '../schemas.ts'

const NewConversation = z.discriminatedUnion('type', [
  z.object({ type: z.literal('direct'), users: z.tuple([UserId, UserId]) }),
  z.object({
    type: z.literal('group'),
    id: ConversationName.optional().describe('Chosen by the server when absent.'),
    title: TitleText.optional(),
    owner: z.optional(UserId),
    members: z
      .array(z.object({ user: UserId, role: z.optional(Role) }))
      .max(
        LIMITS.membersPerEvent - 1,
        `at most ${LIMITS.membersPerEvent - 1} here; add the others afterwards`,
      )
      .default([]),
  }),
])

const ConversationView = z.object({
  conversation: z.string(),
  type: z.enum(['direct', 'group']),
  title: z.string().optional(),
  members: z.number(),
  heads: MarksView,
  createdAt: z.number(),
})

/** Conversations as a whole. */
export const conversationRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (
  api,
  { deps: { store, node } },
) => {
  const tags = ['conversations']

  api.post('/conversations', {
    schema: {
      tags,
      summary: 'Create a direct conversation or a group',
      body: NewConversation,
      response: { 200: CommittedView, 201: CommittedView, ...PROBLEM_RESPONSES },
    },
    handler: async (request, reply) => {
      const committed = await commit(node, request, creation(request.body, request.commandId))
      return reply.code(committed.duplicate ? 200 : 201).send(committedView(committed))
    },
  })

  api.get('/conversations/:conversation', {
    schema: {
      tags,
      summary: 'Look at a conversation',
      params: ConversationParams,
      response: { 200: ConversationView, ...PROBLEM_RESPONSES },
    },
    handler: async ({ app, params: { conversation } }) => {
      const facts = await store.conversation(app, conversation)
      if (facts === undefined)
        throw new ApiProblem('conversationUnknown', `There is no conversation ${conversation}.`)
      return facts
    },
  })

  api.patch('/conversations/:conversation', {
    schema: {
      tags,
      summary: "Change a group's title",
      params: ConversationParams,
      body: z.object({ title: TitleText }),
      response: { 200: CommittedView, ...PROBLEM_RESPONSES },
    },
    handler: async (request) => {
      const { title } = request.body
      const { conversation } = request.params
      return committedView(
        await commit(node, request, { conversation, kind: 'title', authority: 'system', body: { title } }),
      )
    },
  })
}

function creation(asked: z.infer<typeof NewConversation>, commandId: string): Command {
  if (asked.type === 'direct') {
    const [one, other] = asked.users
    const body = { type: 'direct', with: other }
    return {
      conversation: directConversationId(one, other),
      kind: 'create',
      sender: one,
      authority: 'system',
      body,
    }
  }
  const { id = `g_${commandId.replaceAll('-', '')}`, title, owner, members } = asked
  const listed = members.map(({ user, role = 'member' }) => ({ user, role }))
  const body: Body = {
    type: 'group',
    ...(title !== undefined && { title }),
    members: owner === undefined ? listed : [{ user: owner, role: 'owner' }, ...listed],
  }
  return { conversation: id, kind: 'create', authority: 'system', body }
}
