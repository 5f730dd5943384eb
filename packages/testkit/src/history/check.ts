import { checkDeliveries } from './check-deliveries.ts'
import { checkLog } from './check-log.ts'
import { checkMemberships } from './check-memberships.ts'
import { checkOverload } from './check-overload.ts'
import { checkResets } from './check-resets.ts'
import { checkSends, checkUnsent } from './check-sends.ts'
import { checkTimelines } from './check-timelines.ts'
import { checkService } from './check-service.ts'
import type { History, Violation } from './history.ts'
import { indexLog } from './log-index.ts'

/** Judges a run by the promises P1 to P8. Shared by the simulator, the kill test and chaos. Costs O(events × readers). */
export function checkHistory(history: History): Violation[] {
  const index = indexLog(history)
  return [
    ...checkLog(index),
    ...checkSends(history.sends, index),
    ...checkUnsent(history, index),
    ...checkTimelines(history, index),
    ...checkDeliveries(history.clients, index),
    ...checkMemberships(history, index),
    ...checkResets(history),
    ...checkService(history),
    ...checkOverload(history),
  ]
}
