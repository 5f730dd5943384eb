import type { Clock } from '@skein/core'
import { UserId } from '@skein/protocol'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod/mini'
import { mintToken } from '../auth/mint-token.ts'
import type { Store } from '../store/store.ts'
import { isOwnPage } from './own-page.ts'

export interface DemoOptions {
  /** Folder of the built page. */
  readonly pageDirectory: string
  readonly store: Pick<Store, 'upsertUser'>
  readonly clock: Pick<Clock, 'now'>
  readonly secret: string
  readonly app: string
}

const TOKEN_SECONDS = 3_600

const SessionRequest = z.object({
  user: UserId,
  name: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
})

/** The demo page, and tokens for whoever asks on this machine. Only `skein up` turns it on. */
export async function demoRoutes(server: FastifyInstance, options: DemoOptions): Promise<void> {
  // A node in production has no page.
  const { default: fastifyStatic } = await import('@fastify/static')
  await server.register(fastifyStatic, { root: options.pageDirectory, wildcard: false, index: 'index.html' })
  server.post('/demo/session', async (request, reply) => {
    if (!isOwnPage(request))
      return reply.code(403).send({ title: 'The demo is for the page on this machine only.' })
    const asked = SessionRequest.safeParse(request.body)
    if (!asked.success) return reply.code(400).send({ title: 'Say who you are: {"user": "ada"}.' })
    const { user, name = user.charAt(0).toUpperCase() + user.slice(1) } = asked.data
    const { app, clock, secret, store } = options
    await store.upsertUser(app, user, { name })
    const { token } = await mintToken({ secret, app, user, ttlSeconds: TOKEN_SECONDS }, clock)
    return { token, user, app }
  })
}
