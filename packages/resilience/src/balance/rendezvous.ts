import { fnv1a32 } from '@skein/core'

/** Final mix of MurmurHash3 (Austin Appleby): each bit of the input moves about half of the output's. */
function mix32(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Uniform in (0, 1), the same for the same text wherever it is computed. */
export const unitHash = (text: string): number => ((mix32(fnv1a32(text)) >>> 0) + 0.5) / 2 ** 32

/**
 * How near an endpoint is to a key: the nearest (least) is the key's home. Over many keys each endpoint is
 * home to a part in proportion to its weight, and when one leaves only its own keys move.
 * Sources: Thaler, Ravishankar, "Using name-based mappings to increase hit rates", 1998 (rendezvous);
 * Schindelhauer, Schomaker, "Weighted Distributed Hash Tables", 2005 (logarithmic method).
 */
export function distance(key: string, id: string, weight: number): number {
  if (!(weight > 0)) return Infinity
  const pair = Math.imul(mix32(fnv1a32(key)), 0x9e3779b1) ^ mix32(fnv1a32(id) ^ 0x5bd1e995)
  return -Math.log(((mix32(pair) >>> 0) + 0.5) / 2 ** 32) / weight
}
