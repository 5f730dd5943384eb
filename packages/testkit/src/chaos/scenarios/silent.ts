import { gapsWithin, resumesWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

/** Detection with a send pending, and a second to be served elsewhere. */
const PENDING_MS = 4_000
/** By this time nearly everybody had something to send. */
const MOST_SPEAK_MS = 5_000

/** What holds when a node falls silent: its sessions find out by themselves. Everybody speaks about once a second. */
export const SILENT: Pick<Scenario, 'talk' | 'expect'> = {
  talk: { perSecond: 60 },
  expect: [gapsWithin(1_000), resumesWithin(PENDING_MS + MOST_SPEAK_MS)],
}
