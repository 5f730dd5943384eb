const OFFSET_BASIS = 0x811c9dc5
const PRIME = 0x01000193

const mix = (hash: number, byte: number): number => Math.imul(hash ^ byte, PRIME)

/**
 * FNV-1a, 32 bit, over the text's UTF-8 bytes: stable placement (lanes), not security.
 * Source: Fowler, Noll, Vo; vectors in RFC 9923.
 */
export function fnv1a32(text: string): number {
  let hash = OFFSET_BASIS
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) ?? 0
    if (code < 0x80) {
      hash = mix(hash, code)
      continue
    }
    if (code < 0x800) {
      hash = mix(hash, 0xc0 | (code >> 6))
    } else {
      if (code < 0x10000) {
        hash = mix(hash, 0xe0 | (code >> 12))
      } else {
        i++
        hash = mix(hash, 0xf0 | (code >> 18))
        hash = mix(hash, 0x80 | ((code >> 12) & 63))
      }
      hash = mix(hash, 0x80 | ((code >> 6) & 63))
    }
    hash = mix(hash, 0x80 | (code & 63))
  }
  return hash >>> 0
}
