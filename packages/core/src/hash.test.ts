import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fnv1a32 } from './hash.ts'

/** The definition, byte by byte, as slow as it reads. */
function reference(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

describe('fnv1a32', () => {
  test.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['foobar', 0xbf9cf968],
  ])('agrees with the published vector of %j', (text, hash) => {
    expect(fnv1a32(text)).toBe(hash)
  })

  test('hashes the UTF-8 bytes of text in any script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fnv1a32(text)).toBe(reference(text))
      }),
    )
  })

  test('spreads ids that differ in one character over all lanes', () => {
    const counts = new Map<number, number>()
    for (let i = 0; i < 16_000; i++) {
      const lane = fnv1a32(`acme/g_${i}`) % 16
      counts.set(lane, (counts.get(lane) ?? 0) + 1)
    }
    expect(counts.size).toBe(16)
    for (const count of counts.values()) expect(count).toBeGreaterThan(700)
  })
})
