import { createHash } from 'node:crypto'
import { uuidv7, type Runtime } from '@skein/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from '../observe/logger.ts'
import type { Store } from '../store/store.ts'
import { ApiProblem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The app that the API key stands for. */
    app: string
    /** The clientId of what this request commits: the same in every attempt under one Idempotency-Key. */
    commandId: string
    /** The key whose answer is still to be written. */
    idempotencyKey: string | undefined
  }
}

/** "1xx": no answer of ours, so it marks an attempt that has not ended. */
const ATTEMPT = 102
/** A first attempt that has not ended by then died with its node; the next one takes its place. */
const ATTEMPT_MAX_MS = 30_000
const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/
/** Answers that say "not now": the next attempt runs again instead of repeating them. */
const isFinal = (status: number): boolean => status < 500 && status !== 409 && status !== 429

interface IdempotencyDeps {
  readonly store: Pick<Store, 'beginIdempotent' | 'finishIdempotent'>
  readonly runtime: Runtime
  readonly logger: Logger
}

/**
 * Requests with the header `Idempotency-Key` take effect once (draft-ietf-httpapi-idempotency-key-header).
 * An attempt notes its clientId before it commits, so that one that takes over from a dead node
 * commits under the same clientId, and the log tells that it is a duplicate.
 */
export function addIdempotency(api: FastifyInstance, { store, runtime, logger }: IdempotencyDeps): void {
  api.decorateRequest('commandId', '')
  api.decorateRequest('idempotencyKey', undefined)

  const note = (request: FastifyRequest, key: string, startedAtMs: number): Promise<void> =>
    store.finishIdempotent(request.app, key, {
      status: ATTEMPT,
      body: JSON.stringify({ commandId: request.commandId, startedAtMs }),
    })

  api.addHook('preHandler', async (request, reply) => {
    request.commandId = uuidv7(runtime.clock, runtime.random)
    const key = keyOf(request)
    if (key === undefined) return
    const known = await store.beginIdempotent(request.app, key, hashOf(request))
    const nowMs = runtime.clock.now()
    if (known?.state === 'differentRequest') {
      throw new ApiProblem('idempotencyKeyReused', 'Use a new Idempotency-Key for each different request.')
    }
    if (known?.state === 'running') throw running()
    if (known !== undefined && known.status !== ATTEMPT) {
      const status = known.status ?? 200
      reply
        .header('idempotent-replayed', 'true')
        .type(status < 400 ? 'application/json' : 'application/problem+json')
      return reply.code(status).send(known.body ?? '')
    }
    if (known !== undefined) {
      const attempt = parseAttempt(known.body)
      if (nowMs - attempt.startedAtMs < ATTEMPT_MAX_MS) throw running()
      request.commandId = attempt.commandId
    }
    await note(request, key, nowMs)
    request.idempotencyKey = key
  })

  api.addHook('onSend', async (request, reply, payload) => {
    const key = request.idempotencyKey
    if (key === undefined) return
    request.idempotencyKey = undefined
    const { statusCode: status } = reply
    try {
      if (isFinal(status))
        await store.finishIdempotent(request.app, key, {
          status,
          body: typeof payload === 'string' ? payload : '',
        })
      else await note(request, key, 0)
    } catch (error) {
      // The effect stands; a retry waits until the attempt counts as dead, then finds the duplicate.
      logger.warn({ err: error }, 'the answer to an idempotent request could not be kept')
    }
  })
}

const running = (): ApiProblem =>
  new ApiProblem('idempotencyRunning', 'Wait for its answer, then ask again.', { retryAfterMs: 1_000 })

function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined || request.method === 'GET') return undefined
  if (typeof key === 'string' && KEY_PATTERN.test(key)) return key
  throw new ApiProblem('malformed', 'An Idempotency-Key has 1 to 255 visible ASCII characters.', {
    field: 'headers/idempotency-key',
  })
}

function hashOf({ method, url, body }: FastifyRequest): string {
  let text: string
  try {
    text = JSON.stringify([method, url, body])
  } catch (error) {
    if (error instanceof RangeError)
      throw new ApiProblem('tooLarge', 'The body nests too deep; make it flatter.')
    throw error
  }
  return createHash('sha256').update(text).digest('hex')
}

function parseAttempt(text: string | undefined): {
  readonly commandId: string
  readonly startedAtMs: number
} {
  const value: unknown = JSON.parse(text ?? '{}')
  if (typeof value !== 'object' || value === null) throw new TypeError('an attempt is an object')
  const { commandId, startedAtMs } = { commandId: '', startedAtMs: 0, ...value }
  return { commandId, startedAtMs }
}
