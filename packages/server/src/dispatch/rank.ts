import type { DispatchEndpoint } from '@skein/protocol'

/** Where a client says that it is; empty: it does not say. */
export interface Place {
  readonly zone: string
  readonly region: string
}

export const NOWHERE: Place = { zone: '', region: '' }

/** 0 for the same zone, 1 for the same region, 2 for elsewhere. A zone counts only in its region. */
function distance(endpoint: Place, { zone, region }: Place): number {
  const sameRegion = region === '' || endpoint.region === region
  if (!sameRegion) return 2
  if (zone !== '' && endpoint.zone === zone) return 0
  return region === '' ? 2 : 1
}

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** Best first: near before far, then heavy before light (SPEC, DSP7). The same for the same input. */
export const ranked = (endpoints: readonly DispatchEndpoint[], place: Place): readonly DispatchEndpoint[] =>
  endpoints.toSorted(
    (one, other) =>
      distance(one, place) - distance(other, place) || other.weight - one.weight || byText(one.id, other.id),
  )

/** Best first for who does not say where it is. */
export const inOrder = (endpoints: readonly DispatchEndpoint[]): readonly DispatchEndpoint[] =>
  ranked(endpoints, NOWHERE)

/** The place as far as any endpoint has it: what nobody has changes nothing, and is not remembered. */
export function knownPlace(endpoints: readonly DispatchEndpoint[], { zone, region }: Place): Place {
  if (region !== '' && !endpoints.some((endpoint) => endpoint.region === region)) return NOWHERE
  const near = endpoints.some(
    (endpoint) => endpoint.zone === zone && distance(endpoint, { zone, region }) === 0,
  )
  return { zone: near ? zone : '', region }
}
