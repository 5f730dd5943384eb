import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { calculateJwkThumbprint, CompactSign, compactVerify } from 'jose'
import { dispatchKeyId, parseDispatchJws, readDispatchPayload, type DispatchDocument } from '@skein/protocol'
import { expect, test } from 'vitest'
import { derivedDispatchKey, DispatchSigner, readDispatchKey } from './signing-key.ts'

const DOCUMENT: DispatchDocument = {
  v: 1,
  issuedAt: 1_700_000_000_000,
  ttlMs: 30_000,
  staleMs: 600_000,
  endpoints: [{ id: 'a', url: 'wss://a.example/v1/connect', zone: 'ü', region: '', weight: 1 }],
}

const publicKeyOf = (x: string) => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })

test('DSP12 nodes that share a secret sign alike, and others do not', () => {
  const one = DispatchSigner.of({ clusterSecret: 's'.repeat(32) })
  expect(DispatchSigner.of({ clusterSecret: 's'.repeat(32) }).sign(DOCUMENT)).toBe(one.sign(DOCUMENT))
  expect(DispatchSigner.of({ clusterSecret: 't'.repeat(32) }).publicKey).not.toBe(one.publicKey)
  expect(one.publicKey).toMatch(/^[\w-]{43}$/)
})

test('a configured key is taken as PEM, as DER and as its 32 bytes, and wins over the secret', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x, d } = privateKey.export({ format: 'jwk' })
  const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  const texts = [
    pem,
    pem.replaceAll('\n', '\\n'),
    der.toString('base64'),
    der.toString('base64url'),
    String(d),
  ]
  for (const key of texts) {
    const signer = DispatchSigner.of({ key, clusterSecret: 's'.repeat(32) })
    expect(signer.publicKey).toBe(x)
    const jws = parseDispatchJws(signer.sign(DOCUMENT))
    expect(jws.ok && verify(null, jws.value.signed, publicKey, jws.value.signature)).toBe(true)
  }
})

test('what is no Ed25519 private key is none', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const publicPem = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' })
  const texts = ['', 'x', 'A'.repeat(64), rsa.export({ format: 'pem', type: 'pkcs8' }), publicPem]
  for (const text of texts) expect(readDispatchKey(String(text))).toBeUndefined()
})

test('DSP2 DSP3 another implementation reads what is signed here, and writes what is read here', async () => {
  const key = derivedDispatchKey('s'.repeat(32))
  const signer = new DispatchSigner(key)
  const read = await compactVerify(signer.sign(DOCUMENT), publicKeyOf(signer.publicKey))
  expect(JSON.parse(new TextDecoder().decode(read.payload))).toEqual(DOCUMENT)
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: signer.publicKey }
  expect(read.protectedHeader).toEqual({ alg: 'EdDSA', kid: await calculateJwkThumbprint(jwk) })
  expect(dispatchKeyId(signer.publicKey)).toBe(signer.kid)
  const theirs = await new CompactSign(new TextEncoder().encode(JSON.stringify(DOCUMENT)))
    .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid })
    .sign(key)
  const jws = parseDispatchJws(theirs)
  expect(jws.ok && readDispatchPayload(jws.value.payload)).toEqual({ ok: true, value: DOCUMENT })
})
