import * as z from 'zod/mini'
import { LIMITS } from './limits.ts'
import { Milliseconds } from './values.ts'

/** Where any node answers with a dispatch document (SPEC, DSP1). */
export const DISPATCH_PATH = '/v1/dispatch'
/** RFC 7515, section 9.2.1. */
export const DISPATCH_CONTENT_TYPE = 'application/jose'

/** A host (internationalised names in their ASCII form), a port, a path, a query; no user, no fragment. */
const ENDPOINT_URL = /^wss?:\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:\d{1,5})?([/?][\x21\x22\x24-\x7e]*)?$/

const MAX_PORT = 65_535

const hasPossiblePort = (url: string): boolean => {
  const [, , port] = ENDPOINT_URL.exec(url) ?? []
  return port === undefined || (Number(port.slice(1)) > 0 && Number(port.slice(1)) <= MAX_PORT)
}

export const EndpointUrl = z
  .string()
  .check(
    z.maxLength(LIMITS.urlLength),
    z.regex(ENDPOINT_URL),
    z.refine(hasPossiblePort, 'a port is 1 to 65535'),
  )

/** A zone or region. Empty: in no particular one. */
const PlaceName = z.string().check(z.maxLength(LIMITS.idLength))

export const DispatchEndpoint = z.object({
  /** The same for as long as the endpoint is the same, whoever says it. */
  id: z.string().check(z.minLength(1), z.maxLength(LIMITS.idLength)),
  url: EndpointUrl,
  zone: PlaceName,
  region: PlaceName,
  /** Its share of new clients: capacity times the part of it that is left. Zod's numbers are finite. */
  weight: z.number().check(z.positive(), z.maximum(LIMITS.dispatchWeight)),
  /** The part that is left, 0–100, where it is known. `weight` counts it already. */
  headroom: z.optional(z.number().check(z.minimum(0), z.maximum(100))),
})
export type DispatchEndpoint = z.infer<typeof DispatchEndpoint>

const isDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length

const LifeTime = Milliseconds.check(z.maximum(LIMITS.dispatchLifeMs))

/** Where clients may connect, best first (SPEC, DSP rules). */
export const DispatchDocument = z.object({
  v: z.literal(1),
  /** By the clock of whoever signed it, milliseconds since 1970. */
  issuedAt: Milliseconds,
  /** For so long after `issuedAt` it is fresh: nobody asks for another. */
  ttlMs: LifeTime.check(z.minimum(1)),
  /** For so long after that it may still be used, while no newer one can be had. */
  staleMs: LifeTime,
  /** How to choose among the near; a client that does not know it has its own. */
  strategy: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
  endpoints: z.array(DispatchEndpoint).check(
    z.minLength(1),
    z.maxLength(LIMITS.dispatchEndpoints),
    z.refine((all) => isDistinct(all.map(({ id }) => id)), 'two endpoints have one id'),
    z.refine((all) => isDistinct(all.map(({ url }) => url)), 'two endpoints have one url'),
  ),
})
export type DispatchDocument = z.infer<typeof DispatchDocument>

/**
 * - `fresh`: use it.
 * - `stale`: use it, and ask for a newer one.
 * - `expired`: too old for anything.
 * - `ahead`: issued further in the future than clocks differ; not to be used.
 */
export type DispatchAge = 'fresh' | 'stale' | 'expired' | 'ahead'

/** @param nowMs wall clock, milliseconds since 1970 */
export function dispatchAge(
  { issuedAt, ttlMs, staleMs }: Pick<DispatchDocument, 'issuedAt' | 'ttlMs' | 'staleMs'>,
  nowMs: number,
): DispatchAge {
  const ageMs = nowMs - issuedAt
  if (ageMs < -LIMITS.dispatchAheadMs) return 'ahead'
  if (ageMs <= ttlMs) return 'fresh'
  return ageMs <= ttlMs + staleMs ? 'stale' : 'expired'
}
