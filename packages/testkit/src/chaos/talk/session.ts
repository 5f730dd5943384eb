import { mintToken, systemRuntime } from '@skein/server'
import { type Client, createClient, type Conversation } from '@skein/sdk'
import { nodeTransport } from '@skein/sdk/node'
import { WebSocket } from 'ws'
import type { HistoryRecorder } from '../../history/recorder.ts'
import { SessionTracer } from './session-trace.ts'
import type { TalkPlan } from './talk-plan.ts'

/** One SDK client of a talk, with all that is written down about it. */
export interface Session {
  readonly name: string
  readonly client: Client
  readonly tracer: SessionTracer
  /** Where it may speak. */
  readonly conversations: Conversation[]
}

const TOKEN_TTL_SECONDS = 3_600

export function openSession(
  { name, user }: { readonly name: string; readonly user: string },
  { urls, narrow, secret, app }: TalkPlan,
  recorder: HistoryRecorder,
): Session {
  const tracer = new SessionTracer(name)
  const token = async () =>
    (await mintToken({ secret, app, user, ttlSeconds: TOKEN_TTL_SECONDS }, systemRuntime().clock)).token
  const client = createClient({
    url: narrow?.sessions.includes(name) === true ? narrow.urls : urls,
    user,
    token,
    transport: tracer.traced(nodeTransport(WebSocket)),
  })
  recorder.attach(client, name)
  client.on('event', ({ event: { kind, body } }) => {
    const sentAtMs = kind === 'message' && isStamped(body) ? body.at : undefined
    tracer.arrived(sentAtMs)
  })
  return { name, client, tracer, conversations: [] }
}

const isStamped = (body: unknown): body is { readonly at: number } =>
  typeof body === 'object' && body !== null && 'at' in body && typeof body.at === 'number'
