import type { OutlierChange } from '@skein/resilience'

/** Why a node is taken out, for whoever runs it. */
export const EJECTION_WORDS = {
  failuresInRow: 'it failed several times in a row',
  failureRate: 'too many connections to it failed',
  slowCalls: 'too many of its answers were slow',
  worseThanOthers: 'it fails far more often than the others',
  probeFailed: 'the connection that tried it failed',
  probeSlow: 'it answered slowly when it was tried',
} as const satisfies Record<Extract<OutlierChange, { kind: 'ejected' }>['reason'], string>
