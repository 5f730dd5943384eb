/** What the reader of an error should do next. */
export type Remedy = 'retry' | 'retryElsewhere' | 'reauthenticate' | 'fix' | 'giveUp'

/** Base of all expected errors: a reason from a union, the cause, and what to do next. */
export class SkeinError<Reason extends string = string> extends Error {
  override name = 'SkeinError'
  readonly reason: Reason
  readonly remedy: Remedy
  /** When `remedy` is a retry: not before this many milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    reason: Reason,
    message: string,
    options: { remedy?: Remedy; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.reason = reason
    this.remedy = options.remedy ?? 'giveUp'
    this.retryAfterMs = options.retryAfterMs
  }
}

export const isSkeinError = (error: unknown): error is SkeinError => error instanceof SkeinError
