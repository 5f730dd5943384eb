import type { ProbeMessage } from './prober.ts'

/** What came by the bus, if it is a probe. */
export function readProbe(body: { readonly [key: string]: unknown }): ProbeMessage | undefined {
  const { probe, round } = body
  if (typeof round !== 'number') return undefined
  return probe === 'ask' || probe === 'answer' ? { probe, round } : undefined
}
