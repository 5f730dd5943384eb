import { LIMITS } from '@skein/protocol'
import { ClusterError } from './cluster-error.ts'
import { verifyIdentity } from './identity.ts'
import type { NodeIdentity, NodeVersion } from './node-record.ts'
import type { JoinOutcome, Listing } from './registry.ts'

/** A question to the registry by the node's wall clock, and what the registry's clock said. */
export interface ClockReading {
  readonly askedAtMs: number
  readonly answeredAtMs: number
  readonly registryMs: number
}

/**
 * How far the node's clock is surely off: what the round trip explains is not held against it
 * (Cristian, "Probabilistic clock synchronization", 1989).
 */
export function certainSkewMs({ askedAtMs, answeredAtMs, registryMs }: ClockReading): number {
  const ahead = askedAtMs - registryMs
  const behind = registryMs - answeredAtMs
  return Math.max(0, ahead, behind)
}

export const clockIsOff = (reading: ClockReading): boolean => certainSkewMs(reading) > LIMITS.maxSkewMs

export function clockOff(reading: ClockReading): ClusterError {
  const seconds = Math.round(certainSkewMs(reading) / 1_000)
  return new ClusterError(
    'clockOff',
    `This machine's clock is off by ${seconds} s against the registry's; at most ${LIMITS.maxSkewMs / 1_000} s are borne. Set the clock (chrony, ntpd) and start again.`,
  )
}

/** Whether two programs can serve side by side. */
export function compatible(one: NodeVersion, other: NodeVersion): boolean {
  return (
    one.protocol === other.protocol &&
    one.cluster === other.cluster &&
    one.oldestSchema <= other.schema &&
    other.oldestSchema <= one.schema
  )
}

const shown = ({ release, protocol, cluster, schema, oldestSchema }: NodeVersion): string =>
  `${release} (protocol ${protocol}, cluster ${cluster}, schema ${oldestSchema} to ${schema})`

export interface JoinQuestion {
  readonly identity: NodeIdentity
  readonly secret: string
  readonly listing: Listing
  readonly clock: ClockReading
}

/** What speaks against joining, judged before the node writes anything. */
export function joinRefusal({ identity, secret, listing, clock }: JoinQuestion): ClusterError | undefined {
  if (clockIsOff(clock)) return clockOff(clock)
  const others = listing.nodes.map(({ record }) => record).filter(({ id }) => id !== identity.id)
  // Whoever cannot sign has no say in who joins.
  const peers = others.filter((record) => verifyIdentity(secret, record))
  const misfit = peers.find(({ version }) => !compatible(identity.version, version))
  if (misfit === undefined) return undefined
  return new ClusterError(
    'incompatibleVersion',
    `This node is ${shown(identity.version)} and cannot work beside ${misfit.name}, which is ${shown(misfit.version)}. Upgrade by way of a version that works with both, or stop the cluster first.`,
  )
}

/** What a refusal by the registry means to who started the node. */
export function refusalOf(
  outcome: Exclude<JoinOutcome, { kind: 'joined' }>,
  identity: NodeIdentity,
): ClusterError {
  switch (outcome.kind) {
    case 'nameTaken':
      return new ClusterError(
        'nameTaken',
        `The name ${identity.name} is held by a living node (${outcome.holder}). Give this node another name, or stop that one first.`,
      )
    case 'wrongSecret':
      return new ClusterError(
        'wrongSecret',
        'The nodes of this cluster have another cluster secret. Give this node theirs; to change it, stop all nodes for ten minutes.',
      )
  }
}
