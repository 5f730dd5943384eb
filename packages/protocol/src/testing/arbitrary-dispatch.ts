import fc from 'fast-check'
import type { DispatchDocument, DispatchEndpoint } from '../dispatch.ts'
import { LIMITS } from '../limits.ts'

const place = fc.stringMatching(/^[a-z0-9-]{0,12}$/)
const lifeMs = fc.integer({ min: 1, max: LIMITS.dispatchLifeMs })
const url = fc.stringMatching(/^wss?:\/\/[a-z0-9.-]{1,20}(:[1-9][0-9]{0,3})?(\/[a-z0-9/]{0,12})?$/)

const endpoint: fc.Arbitrary<DispatchEndpoint> = fc.record(
  {
    id: fc.string({ minLength: 1, maxLength: 20 }),
    url,
    zone: place,
    region: place,
    weight: fc.double({ min: 0.001, max: LIMITS.dispatchWeight, noNaN: true }),
    headroom: fc.integer({ min: 0, max: 100 }),
  },
  { requiredKeys: ['id', 'url', 'zone', 'region', 'weight'], noNullPrototype: true },
)

export const dispatchDocument: fc.Arbitrary<DispatchDocument> = fc.record(
  {
    v: fc.constant(1 as const),
    issuedAt: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    ttlMs: lifeMs,
    staleMs: fc.integer({ min: 0, max: LIMITS.dispatchLifeMs }),
    strategy: fc.stringMatching(/^[a-z-]{1,20}$/),
    endpoints: fc.uniqueArray(endpoint, {
      minLength: 1,
      maxLength: 8,
      comparator: (one, other) => one.id === other.id || one.url === other.url,
    }),
  },
  { requiredKeys: ['v', 'issuedAt', 'ttlMs', 'staleMs', 'endpoints'], noNullPrototype: true },
)
