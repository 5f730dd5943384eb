import { readFileSync } from 'node:fs'
import { LIMITS } from '@skein/protocol'
import { describe, expect, test } from 'vitest'
import { listOf, PUBLIC_KEY } from '../testing/fake-dispatch.ts'
import { examine } from './examine.ts'
import { nobleVerify } from './verify.ts'

interface Vector {
  readonly rule: string
  readonly name: string
  readonly keys: readonly string[]
  readonly nowMs: number
  readonly text: string
  readonly expect: 'fresh' | 'stale' | 'expired' | 'ahead' | 'refused'
  readonly endpoints?: readonly string[]
}

const path = new URL('../../../protocol/vectors/dispatch.json', import.meta.url)
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vector[]

const trusting = (keys: readonly string[]) => ({ keys, verify: nobleVerify })

describe('the vectors of the protocol, with real signatures', () => {
  test.each(vectors)('$rule $name: $expect', async ({ keys, nowMs, text, expect: expected, endpoints }) => {
    const examined = await examine(text, trusting(keys), undefined, nowMs)
    expect(examined.ok).toBe(expected === 'fresh' || expected === 'stale')
    if (examined.ok) expect(examined.list.document.endpoints.map(({ id }) => id)).toEqual(endpoints)
    else if (expected === 'expired' || expected === 'ahead') expect(examined.reason).toBe(expected)
    else expect(['malformed', 'unknownKey', 'badSignature']).toContain(examined.reason)
  })
})

const good = vectors.find(({ expect: expected }) => expected === 'fresh')
if (good === undefined) throw new Error('the vectors have no good one')

test('DSP8 a single changed letter of the payload, the header or the signature is refused', async () => {
  const { text, keys, nowMs } = good
  for (const at of [10, Math.floor(text.length / 2), text.length - 20]) {
    const other = text[at] === 'A' ? 'B' : 'A'
    const forged = text.slice(0, at) + other + text.slice(at + 1)
    const examined = await examine(forged, trusting(keys), undefined, nowMs)
    expect(examined.ok, `letter ${at}`).toBe(false)
  }
})

test('DSP10 one that was issued before the one that is held is refused, the same one is not', async () => {
  const { text, keys, nowMs } = good
  const first = await examine(text, trusting(keys), undefined, nowMs)
  if (!first.ok) throw new Error(first.message)
  const { document } = first.list
  expect((await examine(text, trusting(keys), document, nowMs)).ok).toBe(true)
  const newer = { ...document, issuedAt: document.issuedAt + 1 }
  expect(await examine(text, trusting(keys), newer, nowMs)).toMatchObject({ ok: false, reason: 'older' })
})

test('DSP10 one that is held from the future does not keep out one from now, but one that is no better', async () => {
  const { text, keys, nowMs } = good
  const first = await examine(text, trusting(keys), undefined, nowMs)
  if (!first.ok) throw new Error(first.message)
  const { document } = first.list
  const ahead = (byMs: number) => ({ ...document, issuedAt: nowMs + byMs })
  const isTaken = async (aheadMs: number, atMs = nowMs): Promise<boolean> =>
    (await examine(text, trusting(keys), ahead(aheadMs), atMs)).ok
  expect(await isTaken(LIMITS.dispatchSkewMs + 1)).toBe(true)
  expect(await isTaken(LIMITS.dispatchSkewMs)).toBe(false)
  // A device whose own clock is behind sees all of them in the future: their order is right.
  expect(await isTaken(LIMITS.dispatchSkewMs + 1, nowMs - 2 * LIMITS.dispatchSkewMs)).toBe(false)
})

test('nothing is read of what was signed by a key that was not given', async () => {
  const { nowMs, text } = good
  const other = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw'
  const never = () => expect.unreachable('asked about a signature of an unknown key')
  const examined = await examine(text, { keys: [other], verify: never }, undefined, nowMs)
  expect(examined).toMatchObject({ ok: false, reason: 'unknownKey' })
})

test('a platform that cannot check signatures is told what to pass', async () => {
  const verify = () => Promise.reject(new Error('crypto.subtle must be defined'))
  const document = { v: 1, issuedAt: 1, ttlMs: 1, staleMs: 1, endpoints: [] } as const
  const text = listOf({ ...document, endpoints: [] })
  expect(await examine(text, { keys: [PUBLIC_KEY], verify }, undefined, 1)).toMatchObject({
    reason: 'badSignature',
    message: expect.stringContaining('pass dispatch.verify') as string,
  })
})
