import { SkeinError } from '@skein/core'
import type { BusFailure } from './bus.ts'

/** Why the bus is not up. All but `refused` heal by themselves. */
export class BusError extends SkeinError<BusFailure> {
  override name = 'BusError'

  constructor(reason: BusFailure, message: string, cause?: unknown) {
    super(reason, message, {
      remedy: reason === 'refused' ? 'fix' : 'retry',
      ...(cause !== undefined && { cause }),
    })
  }
}

/** The failure as a BusError; `otherwise` is the reason of what nobody named. */
export const busErrorOf = (error: unknown, otherwise: BusFailure): BusError =>
  error instanceof BusError
    ? error
    : new BusError(otherwise, error instanceof Error ? error.message || error.name : String(error), error)
