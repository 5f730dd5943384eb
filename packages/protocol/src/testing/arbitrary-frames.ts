import fc from 'fast-check'
import { SENDABLE_KINDS, type CreateBody, type Event, type MemberBody } from '../event.ts'
import type { ClientFrame, ServerFrame } from '../frames.ts'
import { LIMITS } from '../limits.ts'
import type { Body, Cursor, Marks } from '../values.ts'

/** Arbitraries of every frame: one place that must be complete, because the compiler demands each type. */

const matching = (pattern: RegExp): fc.Arbitrary<string> => fc.stringMatching(pattern, { size: 'small' })
const natural = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const text = fc.string({ unit: 'grapheme', maxLength: 40 })

export const userId = matching(/^[A-Za-z0-9_][A-Za-z0-9_.@:+~=-]{0,40}$/)
export const conversationId = matching(/^[a-ce-z][A-Za-z0-9_.@:+~=-]{0,40}$/)
const directId = matching(/^d_[0-9a-f]{32}$/)
const logId = fc.oneof(conversationId, fc.constant('@me'))
const clientId = fc.uuid({ version: 7 })
const requestId = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
export const origin = matching(/^[a-z0-9-]{1,8}\.[a-z0-9]{1,8}$/)
const role = fc.constantFrom('owner' as const, 'admin' as const, 'member' as const)
const code = fc.string({ minLength: 1, maxLength: 64 })
const title = fc.string({ maxLength: LIMITS.titleLength })

const cursor: fc.Arbitrary<Cursor> = fc.dictionary(origin, natural, { maxKeys: 4, noNullPrototype: true })
const marks: fc.Arbitrary<Marks> = fc.dictionary(origin, fc.record({ seq: natural, count: natural }), {
  maxKeys: 3,
  noNullPrototype: true,
})
const cursors = fc.dictionary(logId, cursor, { maxKeys: 5, noNullPrototype: true })

/** As it comes out of JSON: -0 does not, nor does a member that is undefined. */
const throughJson = (value: object): Body => JSON.parse(JSON.stringify(value)) as Body

export const body: fc.Arbitrary<Body> = fc
  .dictionary(text, fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }), {
    maxKeys: 5,
    noNullPrototype: true,
  })
  .map(throughJson)

const memberSpec = fc.record({ user: userId, role })
const memberSpecs = fc.uniqueArray(memberSpec, { maxLength: 5, selector: (member) => member.user })

const groupBody: fc.Arbitrary<CreateBody> = fc.record(
  { type: fc.constant('group' as const), title, members: memberSpecs },
  { requiredKeys: ['type', 'members'] },
)
const directBody: fc.Arbitrary<CreateBody> = fc.record({ type: fc.constant('direct' as const), with: userId })
const memberBody: fc.Arbitrary<MemberBody> = fc.oneof(
  fc.record({
    change: fc.constant('add' as const),
    members: fc.uniqueArray(memberSpec, { minLength: 1, maxLength: 5, selector: (member) => member.user }),
  }),
  fc.record({ change: fc.constant('remove' as const), user: userId }),
  fc.record({ change: fc.constant('role' as const), user: userId, role }),
)

export const event: fc.Arbitrary<Event> = fc.record({
  origin,
  seq: natural,
  hlc: natural,
  sender: fc.oneof(userId, fc.constant('$system' as const)),
  clientId,
  kind: fc.oneof(fc.constantFrom<string>(...SENDABLE_KINDS), fc.string({ minLength: 1, maxLength: 32 })),
  body,
  count: natural,
  at: natural,
})
const events = fc.array(event, { maxLength: 3 })
const timelineKey = fc.record({ hlc: natural, origin, seq: natural })

const state = fc.record(
  {
    conversation: conversationId,
    type: fc.constantFrom('direct' as const, 'group' as const),
    title,
    peer: userId,
    role,
    from: cursor,
    heads: marks,
    read: marks,
    last: event,
  },
  { requiredKeys: ['conversation', 'type', 'role', 'from', 'heads', 'read'] },
)

type Arbitraries<F extends { t: string }> = { readonly [T in F['t']]: fc.Arbitrary<Extract<F, { t: T }>> }

const sendOf = (
  conversation: fc.Arbitrary<string>,
  kind: (typeof SENDABLE_KINDS)[number],
  ofKind: fc.Arbitrary<Body>,
) =>
  fc.record(
    {
      t: fc.constant('send' as const),
      conversation,
      clientId,
      kind: fc.constant(kind),
      body: ofKind,
      after: clientId,
      afterHlc: natural,
    },
    { requiredKeys: ['t', 'conversation', 'clientId', 'kind', 'body'] },
  )
const asBody = (value: CreateBody | MemberBody | { title: string }): Body => throughJson(value)

const typing = fc.record(
  { t: fc.constant('typing' as const), conversation: conversationId, active: fc.boolean(), user: userId },
  { requiredKeys: ['t', 'conversation', 'active'] },
)

export const CLIENT_FRAMES: Arbitraries<ClientFrame> = {
  hello: fc.record(
    {
      t: fc.constant('hello'),
      token: fc.string({ minLength: 1 }),
      client: fc.string({ maxLength: 64 }),
      instance: requestId,
    },
    { requiredKeys: ['t', 'token'] },
  ),
  resume: fc.record(
    { t: fc.constant('resume'), cursors, unstable: cursors },
    { requiredKeys: ['t', 'cursors'] },
  ),
  auth: fc.record({ t: fc.constant('auth'), token: fc.string({ minLength: 1 }) }),
  send: fc.oneof(
    sendOf(fc.oneof(conversationId, directId), 'message', body),
    sendOf(conversationId, 'create', groupBody.map(asBody)),
    sendOf(directId, 'create', directBody.map(asBody)),
    sendOf(conversationId, 'member', memberBody.map(asBody)),
    sendOf(
      conversationId,
      'title',
      title.map((value) => asBody({ title: value })),
    ),
  ),
  sync: fc.record(
    {
      t: fc.constant('sync'),
      requestId,
      conversation: logId,
      cursor,
      limit: fc.integer({ min: 1, max: LIMITS.pageEvents }),
    },
    { requiredKeys: ['t', 'requestId', 'conversation', 'cursor'] },
  ),
  history: fc.record(
    {
      t: fc.constant('history'),
      requestId,
      conversation: conversationId,
      before: timelineKey,
      after: timelineKey,
      limit: fc.integer({ min: 1, max: LIMITS.pageEvents }),
    },
    { requiredKeys: ['t', 'requestId', 'conversation'] },
  ),
  members: fc.record(
    {
      t: fc.constant('members'),
      requestId,
      conversation: conversationId,
      after: userId,
      limit: fc.integer({ min: 1, max: LIMITS.pageMembers }),
    },
    { requiredKeys: ['t', 'requestId', 'conversation'] },
  ),
  read: fc.record({ t: fc.constant('read'), conversation: conversationId, cursor }),
  typing,
  ping: fc.record({ t: fc.constant('ping'), n: natural }),
}

export const SERVER_FRAMES: Arbitraries<ServerFrame> = {
  welcome: fc.record({
    t: fc.constant('welcome'),
    session: requestId,
    app: matching(/^[a-z0-9][a-z0-9-]{0,20}$/),
    user: userId,
    node: text,
    origin,
    heartbeatMs: natural,
    at: natural,
    expiresAt: natural,
    revision: fc.integer(),
  }),
  renewed: fc.record({ t: fc.constant('renewed'), expiresAt: natural }),
  resumed: fc.record({ t: fc.constant('resumed') }),
  ack: fc.record({
    t: fc.constant('ack'),
    conversation: conversationId,
    clientId,
    level: fc.constantFrom('durable' as const, 'stable' as const),
    origin,
    seq: natural,
    hlc: natural,
    at: natural,
  }),
  stable: fc.record({ t: fc.constant('stable'), conversation: conversationId, origin, seq: natural }),
  refused: fc.record(
    {
      t: fc.constant('refused'),
      conversation: conversationId,
      clientId,
      code,
      message: text,
      retryAfterMs: natural,
    },
    { requiredKeys: ['t', 'conversation', 'clientId', 'code', 'message'] },
  ),
  error: fc.record(
    {
      t: fc.constant('error'),
      code,
      message: text,
      requestId,
      conversation: conversationId,
      retryAfterMs: natural,
    },
    { requiredKeys: ['t', 'code', 'message'] },
  ),
  events: fc.record({ t: fc.constant('events'), conversation: logId, events }),
  conversations: fc.record({ t: fc.constant('conversations'), items: fc.array(state, { maxLength: 3 }) }),
  behind: fc.record({ t: fc.constant('behind'), conversations: fc.array(logId, { maxLength: 5 }) }),
  reset: fc.record({ t: fc.constant('reset'), conversation: logId, cursor }),
  syncPage: fc.record({
    t: fc.constant('syncPage'),
    requestId,
    conversation: logId,
    events,
    cursor,
    more: fc.boolean(),
  }),
  historyPage: fc.record({
    t: fc.constant('historyPage'),
    requestId,
    conversation: conversationId,
    events,
    more: fc.boolean(),
  }),
  membersPage: fc.record({
    t: fc.constant('membersPage'),
    requestId,
    conversation: conversationId,
    members: fc.array(fc.record({ user: userId, role, name: text }, { requiredKeys: ['user', 'role'] }), {
      maxLength: 4,
    }),
    more: fc.boolean(),
  }),
  typing,
  pong: fc.record({ t: fc.constant('pong'), n: natural, at: natural }),
  migrate: fc.record(
    { t: fc.constant('migrate'), withinMs: natural, node: requestId, url: fc.webUrl(), reason: text },
    { requiredKeys: ['t', 'withinMs', 'reason'] },
  ),
}

export const clientFrame: fc.Arbitrary<ClientFrame> = fc.oneof(...Object.values(CLIENT_FRAMES))
