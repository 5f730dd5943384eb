import type { FastifyRequest } from 'fastify'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import { ApiProblem } from './problem.ts'

export type CallLimits = Pick<RateLimiter, 'call'>

/** Throws ApiProblem `tooFast` or `overloaded` with the time to come back. */
export async function admitCall(limits: CallLimits, { raw, app }: FastifyRequest): Promise<void> {
  const forwarded = raw.headers['x-forwarded-for']
  const refusal = await limits.call({
    peer: raw.socket.remoteAddress ?? '',
    forwardedFor: Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
    app,
  })
  if (refusal === undefined) return
  const { code, message, retryAfterMs } = refusal
  throw new ApiProblem(code, `${message}.`, { retryAfterMs })
}
