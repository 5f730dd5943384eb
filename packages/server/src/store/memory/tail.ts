import type { LaneVector, TailPage } from '../store.ts'
import type { MemoryDatabase } from './memory-database.ts'
import { visibleLength } from './stored.ts'

export const laneVector = (database: MemoryDatabase): LaneVector => {
  const nowMs = database.nowMs()
  return database.lanes.map((lane) => visibleLength(lane.rows, nowMs))
}

export function tailPage(database: MemoryDatabase, after: LaneVector, limit: number): TailPage {
  const nowMs = database.nowMs()
  const heads = new Map<string, TailPage['heads'][number]>()
  let left = limit
  let more = false
  const vector = database.lanes.map(({ rows }, lane) => {
    const asked = after[lane] ?? 0
    const visible = visibleLength(rows, nowMs)
    // Ahead of everything committed: the database lost commits. Ahead of what is visible only: it is on its way.
    if (asked > rows.length) return visible
    const end = Math.min(visible, asked + left)
    if (end < visible) more = true
    for (let index = asked; index < end; index++) {
      const record = rows[index]?.record
      if (record === undefined) continue
      const { app, conversation, event } = record
      heads.set(`${app}/${conversation} ${event.origin}`, {
        app,
        conversation,
        origin: event.origin,
        seq: event.seq,
      })
    }
    left -= Math.max(0, end - asked)
    return Math.max(asked, end)
  })
  return { heads: [...heads.values()], vector, more }
}
