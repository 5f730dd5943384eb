import { SkeinError, type Remedy } from '@skein/core'
import { ERRORS, remedyFor, type ErrorCode } from '@skein/protocol'

/** What this side alone can find; the rest are the server's codes. */
export type LocalReason =
  | 'outboxFull'
  | 'bodyTooLarge'
  | 'invalid'
  | 'storage'
  | 'stopped'
  | 'disconnected'
  | 'timeout'
  | 'discarded'
  /** A code of a newer server. */
  | 'unknownCode'

export type SdkErrorReason = LocalReason | ErrorCode

interface SdkErrorOptions {
  readonly remedy?: Remedy
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

export class SdkError extends SkeinError<SdkErrorReason> {
  override name = 'SdkError'

  constructor(reason: SdkErrorReason, message: string, options: SdkErrorOptions = {}) {
    super(reason, message, options)
  }
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)

/** What the server said, as an error for the app. */
export function fromServer(code: string, message: string, retryAfterMs?: number): SdkError {
  return new SdkError(isErrorCode(code) ? code : 'unknownCode', `${message} (${code})`, {
    remedy: remedyFor(code),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

export const disconnected = (): SdkError =>
  new SdkError('disconnected', 'the connection was lost before the answer came: ask again', {
    remedy: 'retry',
  })

export const stopped = (): SdkError =>
  new SdkError('stopped', 'the client is stopped: create a new one; what was in the outbox is still stored')

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
