import { createHmac, timingSafeEqual } from 'node:crypto'
import { PROTOCOL_REVISION, SUBPROTOCOL } from '@skein/protocol'
import { randomName, type Random } from '@skein/core'
import { NEWEST_MIGRATION } from '../store/postgres/schema/migrations.ts'
import type { NodeIdentity, NodeVersion } from './node-record.ts'

/** Of node records, bus messages and probes. One that an older node cannot read gets the next number. */
export const CLUSTER_PROTOCOL = 1

/** A deploy runs old and new nodes on the new schema; this is the oldest that this program serves. */
const OLDEST_SCHEMA = 1

export const nodeVersion = (release: string): NodeVersion => ({
  release,
  protocol: SUBPROTOCOL,
  revision: PROTOCOL_REVISION,
  cluster: CLUSTER_PROTOCOL,
  schema: NEWEST_MIGRATION,
  oldestSchema: OLDEST_SCHEMA,
})

/** A process's id: names have no dots, so the name can be read off it. */
export const nodeId = (name: string, random: Random): string => `${name}.${randomName(random, 8)}`

const hmac = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('base64url')

/** Tells two secrets apart without telling either. */
export const secretFingerprint = (secret: string): string => hmac(secret, 'skein cluster').slice(0, 22)

/** The fields in a fixed order, so that both sides sign the same text. */
function signedText({ id, name, zone, region, version, address, internalAddress }: NodeIdentity): string {
  const { release, protocol, revision, cluster, schema, oldestSchema } = version
  const versions = [release, protocol, revision, cluster, schema, oldestSchema]
  return JSON.stringify(['skein node', id, name, zone, region, address, internalAddress, ...versions])
}

export const signIdentity = (secret: string, identity: NodeIdentity): string =>
  hmac(secret, signedText(identity))

/** Whether the record's identity was written by a node that knows the secret. */
export function verifyIdentity(
  secret: string,
  record: NodeIdentity & { readonly signature: string },
): boolean {
  const expected = Buffer.from(signIdentity(secret, record))
  const given = Buffer.from(record.signature)
  return expected.length === given.length && timingSafeEqual(expected, given)
}
