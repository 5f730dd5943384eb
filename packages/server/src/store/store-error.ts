import { SkeinError } from '@skein/core'

/**
 * - `unavailable`: the store did not do it; try again later.
 * - `indeterminate`: it is not known whether the store did it; the same request again finds out.
 * - `incompatible`: schema or data directory of another version; somebody has to act.
 * - `configuration`: wrong address, password, database; somebody has to act.
 */
export type StoreFailure = 'unavailable' | 'indeterminate' | 'incompatible' | 'configuration'

export class StoreError extends SkeinError<StoreFailure> {
  override name = 'StoreError'
  constructor(reason: StoreFailure, message: string, cause?: unknown, retryAfterMs?: number) {
    super(reason, message, {
      remedy: reason === 'unavailable' || reason === 'indeterminate' ? 'retry' : 'fix',
      ...(cause !== undefined && { cause }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  }
}
