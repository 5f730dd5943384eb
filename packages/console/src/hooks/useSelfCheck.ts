import { useEffect, useState } from 'react'
import { SelfCheck, type CheckResult } from '../cluster/self-check.ts'
import { NO_FAULTS } from '../cluster/timeline-check.ts'
import { useClient } from './useClient.ts'

const LOOK_MS = 500

const NOTHING_YET: CheckResult = { ...NO_FAULTS, acknowledged: 0 }

const isSame = (one: CheckResult, other: CheckResult): boolean =>
  one.lost === other.lost &&
  one.doubled === other.doubled &&
  one.outOfOrder === other.outOfOrder &&
  one.acknowledged === other.acknowledged

/** What of this window's messages was lost, doubled or misplaced since it was loaded. */
export function useSelfCheck(): CheckResult {
  const client = useClient()
  const [result, setResult] = useState(NOTHING_YET)
  useEffect(() => {
    const check = new SelfCheck(client)
    const timer = setInterval(() => {
      const next = check.result()
      setResult((before) => (isSame(before, next) ? before : next))
    }, LOOK_MS)
    return () => {
      clearInterval(timer)
      check.stop()
    }
  }, [client])
  return result
}
