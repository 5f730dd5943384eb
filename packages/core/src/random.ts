/** Source of randomness, passed in. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
}

/** Uniform integer in [0, bound). */
export const randomInt = (random: Random, bound: number): number => Math.floor(random.next() * bound)

/**
 * Reproducible randomness for simulations and tests; not for secrets.
 * sfc32 by Chris Doty-Humphrey (PractRand), seeded by splitmix32.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const splitmix32 = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) | 0
  }
  let a = splitmix32()
  let b = splitmix32()
  let c = splitmix32()
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 4294967296
  }
  for (let i = 0; i < 12; i++) next()
  return { next }
}

/** The platform's cryptographic generator (browsers, Node, React Native with a polyfill). */
export function platformRandom(): Random {
  const crypto = (globalThis as { crypto?: { getRandomValues(into: Uint32Array): unknown } }).crypto
  if (crypto === undefined) return { next: () => Math.random() }
  const pool = new Uint32Array(256)
  let used = pool.length
  return {
    next() {
      if (used + 2 > pool.length) {
        crypto.getRandomValues(pool)
        used = 0
      }
      const high = (pool[used++] ?? 0) >>> 5
      const low = (pool[used++] ?? 0) >>> 6
      return (high * 67108864 + low) / 9007199254740992
    },
  }
}
