import { LIMITS, type DispatchEndpoint } from '@skein/protocol'

/**
 * Endpoints for a list that is read for a long time: what they can carry, without what they happened to have
 * left when it was written.
 */
export const atRest = (endpoints: readonly DispatchEndpoint[]): readonly DispatchEndpoint[] =>
  endpoints.map(({ headroom, weight, ...endpoint }) => ({
    ...endpoint,
    weight: headroom === undefined ? weight : capacityOf(weight, headroom),
  }))

/** `weight` is capacity times headroom; of a full endpoint a hundredth is told all the same. */
const capacityOf = (weight: number, headroom: number): number =>
  Math.min(
    LIMITS.dispatchWeight,
    Math.max(0.001, Math.round((weight * 100_000) / Math.max(1, headroom)) / 1_000),
  )
