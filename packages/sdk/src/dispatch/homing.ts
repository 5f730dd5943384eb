import type { DispatchEndpoint } from '@skein/protocol'
import type { Home } from './options.ts'

/** How far from home: its zone, its region, another region, none of the list. */
export type Away = 0 | 1 | 2 | 3

/** A client that is away looks so often, on average, whether there is something nearer. */
export const HOME_CHECK_MS = 60_000
/** So many looks in a row must find it well: what just came back may go again. */
export const HOME_CHECKS = 2
/** The way home may take so long; it begins spread over a part of it. */
export const HOME_WITHIN_MS = 30_000

export function awayFrom(
  home: Home | undefined,
  endpoints: readonly DispatchEndpoint[],
  url: string | undefined,
): Away {
  const endpoint = endpoints.find((one) => one.url === url)
  if (endpoint === undefined) return 3
  if (home === undefined) return 0
  if (endpoint.region !== home.region) return 2
  return endpoint.zone === home.zone ? 0 : 1
}

/** Between half and one and a half times the average: those who left together do not come back together. */
export const nextHomeCheckMs = (roll: number): number => HOME_CHECK_MS * (0.5 + roll)
