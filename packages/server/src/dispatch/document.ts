import { LIMITS, type DispatchDocument, type DispatchEndpoint } from '@skein/protocol'

/** All that is said beside the endpoints. */
export interface DispatchTerms {
  readonly ttlMs: number
  readonly staleMs: number
  readonly strategy?: string
}

/** Base64url makes four characters of three bytes. */
const PAYLOAD_MAX_BYTES = Math.floor(((LIMITS.dispatchBytes - 1_024) * 3) / 4)

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** What fits of them, best first: as many as a document may have, in as many bytes. */
function fitting(endpoints: readonly DispatchEndpoint[], terms: object): DispatchEndpoint[] {
  let bytes = bytesOf(terms)
  const kept: DispatchEndpoint[] = []
  for (const endpoint of endpoints.slice(0, LIMITS.dispatchEndpoints)) {
    bytes += bytesOf(endpoint) + 1
    if (bytes > PAYLOAD_MAX_BYTES) break
    kept.push(endpoint)
  }
  return kept
}

/** @param endpoints ranked; the worst are left out where there are too many */
export function dispatchDocument(
  endpoints: readonly DispatchEndpoint[],
  { ttlMs, staleMs, strategy }: DispatchTerms,
  issuedAt: number,
): DispatchDocument {
  const terms = { v: 1 as const, issuedAt, ttlMs, staleMs, ...(strategy !== undefined && { strategy }) }
  return { ...terms, endpoints: fitting(endpoints, { ...terms, endpoints: [] }) }
}
