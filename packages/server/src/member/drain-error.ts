import { SkeinError } from '@skein/core'

/**
 * Why a drain does not begin:
 * - `notServing`: the node has not begun to serve, or stops already.
 * - `alreadyDraining`: it drains.
 * - `anotherDrains`: another node does; two at once only by force.
 * - `lastReadyNode`: its clients would have nowhere to go; only by force.
 * - `nodeUnknown`: no node of the cluster has this name.
 * - `nodeUnreachable`: the node that was named cannot be asked.
 */
export type DrainRefusal =
  | 'notServing'
  | 'alreadyDraining'
  | 'anotherDrains'
  | 'lastReadyNode'
  | 'nodeUnknown'
  | 'nodeUnreachable'

export class DrainError extends SkeinError<DrainRefusal> {
  override name = 'DrainError'
  constructor(reason: DrainRefusal, message: string, cause?: unknown) {
    super(reason, message, {
      remedy: reason === 'nodeUnreachable' ? 'retry' : 'fix',
      ...(cause !== undefined && { cause }),
    })
  }
}
