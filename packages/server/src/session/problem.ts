import { isSkeinError } from '@skein/core'
import { type ErrorCode, isErrorCode, type ServerFrame } from '@skein/protocol'
import type { SessionContext } from './context.ts'
import type { Problem } from './state.ts'

/** What to tell the client about an error of ours: a code, and when to come back. */
export function problemOf(
  error: unknown,
  context: Pick<SessionContext, 'runtime' | 'logger'>,
): { code: ErrorCode; message: string; retryAfterMs?: number } {
  if (!isSkeinError(error)) {
    context.logger.error({ err: error }, 'a session met an unexpected error')
    return { code: 'internal', message: 'something went wrong here; try again', retryAfterMs: 1_000 }
  }
  const code = isErrorCode(error.reason) ? error.reason : 'unavailable'
  const waits = error.remedy === 'retry' || code === 'unavailable'
  // Jitter: those who were refused together should not come back together.
  const retryAfterMs = error.retryAfterMs ?? (waits ? 500 + 1_000 * context.runtime.random.next() : undefined)
  return {
    code,
    message: error.message,
    ...(retryAfterMs !== undefined && { retryAfterMs: Math.ceil(retryAfterMs) }),
  }
}

/** A problem as the client is told it: about its send where it names one, else as an error. */
export function frameOf(problem: Problem): ServerFrame {
  const { code, message, retryAfterMs, requestId, conversation, clientId } = problem
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }
  if (conversation !== undefined && clientId !== undefined)
    return { t: 'refused', conversation, clientId, code, message, ...retry }
  const reference = {
    ...(requestId !== undefined && { requestId }),
    ...(conversation !== undefined && { conversation }),
  }
  return { t: 'error', code, message, ...reference, ...retry }
}
