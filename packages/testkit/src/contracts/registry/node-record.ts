import {
  nodeVersion,
  secretFingerprint,
  signIdentity,
  type LoadReport,
  type NodeIdentity,
  type NodeRecord,
} from '@skein/server'

export const SECRET = 'the secret of the cluster under test'
export const FINGERPRINT = secretFingerprint(SECRET)

export const IDLE: LoadReport = {
  sessions: 0,
  maxSessions: 1_000,
  acceptedPerSecond: 0,
  acceptLimitPerSecond: 1_000,
  messagesPerSecond: 0,
  loopLagP99Ms: 1,
  cpu: 0.1,
  rssBytes: 1e8,
  rssLimitBytes: 1e9,
  queueWaitMs: 0,
  busLagMs: 2,
  path: 'working',
  probeOkAgeMs: 200,
  headroom: 88,
  scarcest: 'cpu',
}

/** A node's record, signed. */
export function recordOf(name: string, incarnation: string, more: Partial<NodeRecord> = {}): NodeRecord {
  const identity: NodeIdentity = {
    id: `${name}.${incarnation}`,
    name,
    zone: 'a',
    region: 'eu',
    version: nodeVersion('0.1.0'),
    address: `ws://${name}.example:8080`,
    internalAddress: `http://${name}.internal:8081`,
  }
  const signature = signIdentity(SECRET, identity)
  return {
    ...identity,
    state: 'ready',
    reason: 'serving',
    sinceMs: 1,
    weight: 1,
    guards: [],
    load: IDLE,
    signature,
    ...more,
  }
}
