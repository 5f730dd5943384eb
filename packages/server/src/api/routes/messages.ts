import { ClientId, UserId } from '@skein/protocol'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { checkedBody, commit, committedView } from '../commit.ts'
import type { ApiDeps } from '../deps.ts'
import { ApiProblem } from '../problem.ts'
import {
  CommittedView,
  ConversationParams,
  EventView,
  eventView,
  HistoryLimit,
  MessageBody,
  parsePlace,
  placeOf,
  PlaceText,
  PROBLEM_RESPONSES,
} from '../schemas.ts'

const NewMessage = z.object({
  as: z.optional(UserId).describe('The member who says it; absent: the system.'),
  body: MessageBody,
  clientId: z
    .optional(ClientId)
    .describe('UUIDv7: the same message is committed once, however often it is sent.'),
})

const HistoryAsked = z
  .object({ before: PlaceText.optional(), after: PlaceText.optional(), limit: HistoryLimit })
  .refine(
    ({ before, after }) => before === undefined || after === undefined,
    'either before or after, not both',
  )

const HistoryView = z.object({
  events: z.array(EventView),
  more: z.boolean(),
  before: PlaceText.optional().describe('Where older events are.'),
  after: PlaceText.optional().describe('Where newer events are.'),
})

/** What is said. */
export const messageRoutes: FastifyPluginAsyncZod<{ deps: ApiDeps }> = async (
  api,
  { deps: { store, node } },
) => {
  const tags = ['messages']

  api.post('/conversations/:conversation/messages', {
    schema: {
      tags,
      summary: 'Send a message as a member or as the system',
      params: ConversationParams,
      body: NewMessage,
      response: { 200: CommittedView, 201: CommittedView, ...PROBLEM_RESPONSES },
    },
    handler: async (request, reply) => {
      const { as, clientId } = request.body
      const committed = await commit(node, request, {
        conversation: request.params.conversation,
        kind: 'message',
        body: checkedBody(request.body.body),
        authority: as === undefined ? 'system' : 'member',
        ...(as !== undefined && { sender: as }),
        ...(clientId !== undefined && { clientId }),
      })
      return reply.code(committed.duplicate ? 200 : 201).send(committedView(committed))
    },
  })

  api.get('/conversations/:conversation/messages', {
    schema: {
      tags,
      summary: 'Read the timeline, newest page first',
      params: ConversationParams,
      querystring: HistoryAsked,
      response: { 200: HistoryView, ...PROBLEM_RESPONSES },
    },
    handler: async ({ app, params: { conversation }, query: { before, after, limit } }) => {
      const { records, more } = await store.history({
        app,
        conversation,
        limit,
        ...(before !== undefined && { before: parsePlace(before) }),
        ...(after !== undefined && { after: parsePlace(after) }),
      })
      if (records.length === 0 && (await store.conversation(app, conversation)) === undefined) {
        throw new ApiProblem('conversationUnknown', `There is no conversation ${conversation}.`)
      }
      const first = records[0]
      const last = records.at(-1)
      return {
        events: records.map(({ event }) => eventView(event)),
        more,
        ...(first !== undefined && { before: placeOf(first.event) }),
        ...(last !== undefined && { after: placeOf(last.event) }),
      }
    },
  })
}
