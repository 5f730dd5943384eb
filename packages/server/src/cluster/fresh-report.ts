import type { LoadReport } from './node-record.ts'
import type { Member } from './view.ts'

/** A node reports each second; what it said longer ago tells nothing about now. */
export const REPORT_FRESH_MS = 3_000

/** Undefined when the report is too old, impossible, or from the future: then the node is one without a report. */
export function freshReport(
  { record, heardAtMs }: Pick<Member, 'record' | 'heardAtMs'>,
  nowMs: number,
): LoadReport | undefined {
  const ageMs = nowMs - heardAtMs
  return ageMs >= 0 && ageMs <= REPORT_FRESH_MS ? (record.load ?? undefined) : undefined
}
