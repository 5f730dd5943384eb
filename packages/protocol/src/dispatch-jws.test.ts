import { generateKeyPairSync, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBase64Url } from './base64url.ts'
import {
  dispatchKeyId,
  dispatchSigningInput,
  parseDispatchJws,
  readDispatchPayload,
  type DispatchRead,
} from './dispatch-jws.ts'
import type { DispatchDocument } from './dispatch.ts'
import { LIMITS } from './limits.ts'
import { dispatchDocument } from './testing/arbitrary-dispatch.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const x = String(publicKey.export({ format: 'jwk' }).x)
const kid = String(dispatchKeyId(x))

const signed = (document: DispatchDocument): string => {
  const input = dispatchSigningInput(document, kid)
  return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`
}

const document: DispatchDocument = {
  v: 1,
  issuedAt: 1_000_000,
  ttlMs: 30_000,
  staleMs: 600_000,
  endpoints: [{ id: 'ä', url: 'wss://a.example', zone: '', region: 'eu', weight: 1 }],
}

const valueOf = <T>(read: DispatchRead<T>): T => {
  if (!read.ok) throw new Error(read.message)
  return read.value
}

const refusal = (text: string): string | undefined => {
  const read = parseDispatchJws(text)
  return read.ok ? undefined : read.message
}

const part = (value: unknown): string => toBase64Url(new TextEncoder().encode(JSON.stringify(value)))

describe('DSP2 the compact form', () => {
  test('comes back as it was signed, and the signature is over what is told', () => {
    fc.assert(
      fc.property(dispatchDocument, (made) => {
        const jws = valueOf(parseDispatchJws(`\n${signed(made)}\n`))
        expect(jws.kid).toBe(kid)
        expect(verify(null, jws.signed, publicKey, jws.signature)).toBe(true)
        expect(valueOf(readDispatchPayload(jws.payload))).toEqual(made)
      }),
      { numRuns: 30 },
    )
  })

  test('whatever else is fed to it is refused in words, never thrown', () => {
    const near = fc.tuple(fc.nat(), fc.string({ maxLength: 3 })).map(([at, put]) => {
      const text = signed(document)
      return text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1)
    })
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        const read = parseDispatchJws(text)
        const holds = read.ok && verify(null, read.value.signed, publicKey, read.value.signature)
        expect(holds).toBe(text.trim() === signed(document))
        expect(read.ok || read.message.length > 0).toBe(true)
      }),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => new TextEncoder().encode(json)),
        ),
        (bytes) => {
          expect(readDispatchPayload(bytes).ok).toBe(false)
        },
      ),
    )
  })
})

test('DSP3 another algorithm, none, no kid, or an extension that must be known is refused', () => {
  const [, payload, mark] = signed(document).split('.')
  const withHeader = (header: unknown) => refusal(`${part(header)}.${payload}.${mark}`)
  expect(withHeader({ alg: 'EdDSA', kid, typ: 'JOSE' })).toBeUndefined()
  const bad = [
    { alg: 'none', kid },
    { alg: 'HS256', kid },
    { alg: 'EdDSA' },
    { alg: 'EdDSA', kid: '' },
    [],
    null,
  ]
  for (const header of bad) expect(withHeader(header)).toContain('header')
  expect(withHeader({ alg: 'EdDSA', kid, crit: ['b64'], b64: false })).toContain('crit')
})

test('DSP2 a signature of another length, too few parts and too many are refused', () => {
  const [header, payload, mark] = signed(document).split('.')
  expect(refusal(`${header}.${payload}.`)).toContain('64 bytes')
  expect(refusal(`${header}.${payload}.${mark?.slice(4)}`)).toContain('64 bytes')
  expect(refusal(`${header}.${payload}`)).toContain('three parts')
  expect(refusal(`${header}.${payload}.${mark}.${mark}`)).toContain('three parts')
})

test('DSP8 LIM1 a text of dispatchBytes is looked at, a longer one is not', () => {
  const padded = (length: number) => signed(document).padEnd(length, ' ')
  expect(refusal(padded(LIMITS.dispatchBytes))).toBeUndefined()
  expect(refusal(padded(LIMITS.dispatchBytes + 1))).toContain(`${LIMITS.dispatchBytes}`)
})

test('DSP3 a kid is the thumbprint that RFC 8037 works out, and what is no key has none', () => {
  expect(dispatchKeyId('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo')).toBe(
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  )
  for (const text of ['', 'AAAA', x.slice(1), `${x}AA`, `${x}=`]) expect(dispatchKeyId(text)).toBeUndefined()
})
