import type { Figures } from '../cluster-bed/figures.ts'

/** Something that must hold of a run's figures. */
export interface Expectation {
  /** As the report says it when it does not. */
  readonly that: string
  holds(figures: Figures): boolean
}

/** What holds in every scenario. */
export const ZEROS: readonly Expectation[] = [
  { that: 'nothing is lost', holds: ({ lost }) => lost === 0 },
  { that: 'nothing is delivered twice', holds: ({ duplicates }) => duplicates === 0 },
  { that: 'nothing changes places', holds: ({ orderViolations }) => orderViolations === 0 },
  { that: 'no send fails', holds: ({ failedSends }) => failedSends === 0 },
  {
    that: 'every send is acknowledged in the end',
    holds: ({ sends, acknowledged }) => acknowledged === sends,
  },
]

/** Sessions that were hit hear again so soon, beside what the next event takes anyway. */
export const resumesWithin = (ms: number): Expectation => ({
  that: `sessions that were hit are served again within ${ms} ms (p99 above control)`,
  holds: ({ resumeMsP99, controlMsP99 }) => resumeMsP99 - controlMsP99 <= ms,
})

export const gapsWithin = (ms: number): Expectation => ({
  that: ms === 0 ? 'nobody is ever without a connection' : `nobody is without a connection for over ${ms} ms`,
  holds: ({ maxGapMs }) => maxGapMs <= ms,
})

export const deliversWithin = (ms: number): Expectation => ({
  that: `every message arrives within ${ms} ms`,
  holds: ({ deliveryMsMax }) => deliveryMsMax <= ms,
})

/** For faults that must not slow others down. */
export const mostDeliveredWithin = (ms: number): Expectation => ({
  that: `99 % of the messages arrive within ${ms} ms`,
  holds: ({ deliveryMsP99 }) => deliveryMsP99 <= ms,
})

export const failuresOf = (figures: Figures, expected: readonly Expectation[]): string[] =>
  expected.filter((one) => !one.holds(figures)).map(({ that }) => that)
