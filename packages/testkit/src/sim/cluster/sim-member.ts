import {
  ClusterMember,
  DrainError,
  nodeVersion,
  silentLogger,
  type Bus,
  type ChatNode,
  type NodeIdentity,
  type ProcessGauges,
} from '@skein/server'
import type { Actor } from '../virtual-time.ts'
import type { SimCluster } from './sim-cluster.ts'

export interface SimMemberOptions {
  readonly name: string
  readonly address: string
  readonly id: string
  readonly actor: Actor
  readonly node: ChatNode
  readonly bus: Bus
  readonly cluster: SimCluster
  readonly maxSessions: number
}

const SECRET = 'of the simulated cluster'
/** The simulator measures no machine, only who is late. */
const gaugesOf = (actor: Actor): ProcessGauges => ({
  loopLagP99Ms: () => actor.lagMs,
  cpuMs: () => 0,
  rssBytes: () => 0,
  rssLimitBytes: 0,
})

/** One process's membership, as a server process sets it up. */
export function joinCluster(options: SimMemberOptions): ClusterMember {
  const { name, address, id, actor, node, bus, cluster, maxSessions } = options
  const direct = cluster.access === 'direct'
  const identity: NodeIdentity = {
    id,
    name,
    zone: 'z',
    region: 'sim',
    version: nodeVersion('0.0.0'),
    address: direct ? address : 'behind the front',
    internalAddress: `http://${name}`,
  }
  return new ClusterMember({
    node,
    bus,
    registry: cluster.registry.registryFor(name, actor),
    runtime: actor,
    logger: silentLogger,
    identity,
    secret: SECRET,
    reach: (record) => actor.hear(cluster.reach(record.id)),
    processGauges: gaugesOf(actor),
    maxSessions,
  })
}

/** With the process: whoever has not gone when the window ends is sent away. */
export async function drainMember(member: ClusterMember, windowMs: number): Promise<void> {
  try {
    await member.drain({ windowMs, force: true, hard: true })
  } catch (error) {
    if (!(error instanceof DrainError)) throw error
  }
}

/** False: an operator would be told why not. */
export function beginDrain(member: ClusterMember, windowMs: number): boolean {
  try {
    member.beginDrain({ windowMs, force: false })
    return true
  } catch (error) {
    if (!(error instanceof DrainError)) throw error
    return false
  }
}
