import { SkeinError } from '@skein/core'

/**
 * Why a node may not be in the cluster:
 * - `nameTaken`: another living process has its name.
 * - `wrongSecret`: the cluster's nodes have another secret.
 * - `incompatibleVersion`: a living node could not work with it.
 * - `clockOff`: its clock is too far from the registry's.
 */
export type ClusterRefusal = 'nameTaken' | 'wrongSecret' | 'incompatibleVersion' | 'clockOff'

export class ClusterError extends SkeinError<ClusterRefusal> {
  override name = 'ClusterError'
  constructor(reason: ClusterRefusal, message: string) {
    super(reason, message, { remedy: 'fix' })
  }
}
