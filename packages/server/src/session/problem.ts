import { isSkeinError } from '@skein/core'
import { type ErrorCode, isErrorCode } from '@skein/protocol'
import type { SessionContext } from './context.ts'

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
