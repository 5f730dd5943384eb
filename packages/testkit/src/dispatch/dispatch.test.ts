import { createPublicKey, verify } from 'node:crypto'
import { dispatchAge, parseDispatchJws, readDispatchPayload, type DispatchDocument } from '@skein/protocol'
import { DispatchSigner } from '@skein/server'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { DispatchMirror, forged, FORGERIES, saidBy, type Forgery, type MirrorMood } from './index.ts'

const signer = DispatchSigner.of({ clusterSecret: 's'.repeat(32) })
const document: DispatchDocument = {
  v: 1,
  issuedAt: 1_700_000_000_000,
  ttlMs: 1_000,
  staleMs: 5_000,
  endpoints: [{ id: 'a', url: 'wss://a', zone: '', region: '', weight: 1 }],
}

type Verdict =
  | 'notRead'
  | 'unknownKey'
  | 'badSignature'
  | 'badDocument'
  | 'older'
  | 'used'
  | 'expired'
  | 'ahead'

/** What a client that holds `document` makes of a text. */
function judge(text: string): Verdict {
  const jws = parseDispatchJws(text)
  if (!jws.ok) return 'notRead'
  if (jws.value.kid !== signer.kid) return 'unknownKey'
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: signer.publicKey }, format: 'jwk' })
  if (!verify(null, jws.value.signed, key, jws.value.signature)) return 'badSignature'
  const read = readDispatchPayload(jws.value.payload)
  if (!read.ok) return 'badDocument'
  const age = dispatchAge(read.value, document.issuedAt)
  if (age === 'expired' || age === 'ahead') return age
  return read.value.issuedAt < document.issuedAt ? 'older' : 'used'
}

describe('forgeries', () => {
  const expected: Record<Forgery, Verdict> = {
    anotherKey: 'unknownKey',
    anotherKeyUnderTheKnownKid: 'badSignature',
    payloadExchanged: 'badSignature',
    unsigned: 'notRead',
    expired: 'expired',
    rolledBack: 'older',
    ahead: 'ahead',
    nonsenseWeight: 'badDocument',
  }

  test.each(FORGERIES)('%s is wrong in that way and in no other', (forgery) => {
    expect(judge(forged(forgery, document, signer))).toBe(expected[forgery])
  })

  test('what is not forged is used, and all of them are told apart', () => {
    expect(judge(signer.sign(document))).toBe('used')
    expect([...FORGERIES].sort()).toEqual(Object.keys(expected).sort())
    expect(saidBy(forged('anotherKey', document, signer))).toEqual(document)
    expect(saidBy('nothing')).toBeUndefined()
  })
})

describe('a mirror', () => {
  const open: DispatchMirror[] = []
  const mirrorOf = async (mood: MirrorMood) => {
    const mirror = await DispatchMirror.open(mood)
    open.push(mirror)
    return mirror
  }
  afterEach(async () => {
    await Promise.all(open.splice(0).map((mirror) => mirror.close()))
  })

  test('serves what it is given, and another one passes it on', async () => {
    const one = await mirrorOf({ is: 'serving', text: 'a.b.c' })
    const other = await mirrorOf({ is: 'mirroring', url: one.url })
    const answer = await fetch(`${other.url}?zone=z`)
    expect([await answer.text(), answer.headers.get('content-type')]).toEqual(['a.b.c', 'application/jose'])
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect([one.asked, other.asked]).toEqual([1, 1])
    expect((await fetch(new URL('/other', one.url))).status).toBe(404)
  })

  test('changes its mood while it is open', async () => {
    const mirror = await mirrorOf({ is: 'failing', status: 503, retryAfterSeconds: 7 })
    const refused = await fetch(mirror.url)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '7'])
    mirror.mood = { is: 'cutting' }
    await expect(fetch(mirror.url)).rejects.toThrow('fetch failed')
    mirror.mood = { is: 'serving', text: 'x' }
    expect(await (await fetch(mirror.url)).text()).toBe('x')
    expect(mirror.asked).toBe(3)
  })

  test('hangs and stalls until it is closed', async () => {
    const hanging = await mirrorOf({ is: 'hanging' })
    const stalling = await mirrorOf({ is: 'stalling', text: 'half' })
    const answered = fetch(hanging.url).then(
      () => 'answered',
      () => 'ended',
    )
    const begun = await fetch(stalling.url)
    expect(begun.status).toBe(200)
    const read = begun.text().then(
      () => 'whole',
      () => 'ended',
    )
    await vi.waitFor(() => expect([hanging.asked, stalling.asked]).toEqual([1, 1]))
    await Promise.all(open.splice(0).map((mirror) => mirror.close()))
    expect([await answered, await read]).toEqual(['ended', 'ended'])
  })

  test('that passes on what does not answer ends the connection', async () => {
    const gone = await DispatchMirror.open({ is: 'hanging' })
    const { url } = gone
    await gone.close()
    const mirror = await mirrorOf({ is: 'mirroring', url })
    await expect(fetch(mirror.url)).rejects.toThrow('fetch failed')
  })
})
