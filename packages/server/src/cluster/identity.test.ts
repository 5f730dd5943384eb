import { seededRandom } from '@skein/core'
import { describe, expect, test } from 'vitest'
import { nodeId, nodeVersion, secretFingerprint, signIdentity, verifyIdentity } from './identity.ts'
import type { NodeIdentity } from './node-record.ts'

const identity: NodeIdentity = {
  id: 'a.1',
  name: 'a',
  zone: 'z',
  region: 'eu',
  version: nodeVersion('0.1.0'),
  address: 'ws://a',
  internalAddress: 'http://a',
}
const signed = { ...identity, signature: signIdentity('secret', identity) }

describe('the identity of a node', () => {
  test('is signed with the cluster secret', () => {
    expect(verifyIdentity('secret', signed)).toBe(true)
    expect(verifyIdentity('another', signed)).toBe(false)
    expect(verifyIdentity('secret', { ...signed, signature: '' })).toBe(false)
  })

  test.each([
    { id: 'b.1' },
    { name: 'b' },
    { zone: 'y' },
    { region: 'us' },
    { address: 'ws://evil' },
    { internalAddress: 'http://evil' },
    { version: { ...identity.version, schema: 99 } },
    // Moving a character from one field to the next must not pass.
    { zone: 'ze', region: 'u' },
  ])('no longer verifies with %j', (changed) => {
    expect(verifyIdentity('secret', { ...signed, ...changed })).toBe(false)
  })

  test('differs between two processes of one name', () => {
    const random = seededRandom(1)
    expect(nodeId('a', random)).not.toBe(nodeId('a', random))
    expect(nodeId('a', random)).toMatch(/^a\.[0-9a-z]{8}$/)
  })

  test('the fingerprint tells secrets apart and does not tell them', () => {
    expect(secretFingerprint('one')).not.toBe(secretFingerprint('two'))
    expect(secretFingerprint('one')).not.toContain('one')
  })
})
