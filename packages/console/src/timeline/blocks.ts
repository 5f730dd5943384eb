import type { TimelineItem } from '@skein/sdk'
import { dayOf } from '../format/time.ts'
import { systemText } from './system-text.ts'

/** What a timeline is drawn as: days, lines about the conversation, and runs of one sender's messages. */
export type Block =
  | { readonly type: 'day'; readonly key: string; readonly at: number }
  | { readonly type: 'system'; readonly key: string; readonly item: TimelineItem; readonly text: string }
  | {
      readonly type: 'run'
      readonly key: string
      readonly sender: string
      readonly own: boolean
      readonly items: readonly TimelineItem[]
    }

/** Messages of one sender further apart than this begin a new run. */
const RUN_GAP_MS = 5 * 60_000

/** Kinds that this page does not know are left out. */
export function blocksOf(items: readonly TimelineItem[], me: string): readonly Block[] {
  const blocks: Block[] = []
  let run: { sender: string; lastAt: number; items: TimelineItem[] } | undefined
  let day: number | undefined
  for (const item of items) {
    const text = item.kind === 'message' ? undefined : systemText(item, me)
    if (item.kind !== 'message' && text === undefined) continue
    const itemDay = dayOf(item.at)
    // A queued message may carry an older time than a committed one above it: days only go forward.
    if (day === undefined || itemDay > day) {
      blocks.push({ type: 'day', key: `day-${itemDay}`, at: item.at })
      day = itemDay
      run = undefined
    }
    if (text !== undefined) {
      blocks.push({ type: 'system', key: item.id, item, text })
      run = undefined
    } else if (run !== undefined && run.sender === item.sender && item.at - run.lastAt < RUN_GAP_MS) {
      run.items.push(item)
      run.lastAt = item.at
    } else {
      run = { sender: item.sender, lastAt: item.at, items: [item] }
      blocks.push({
        type: 'run',
        key: item.id,
        sender: item.sender,
        own: item.sender === me,
        items: run.items,
      })
    }
  }
  return blocks
}

/** Messages of others behind the one with this id: what arrived while one read further up. */
export function unseenAfter(items: readonly TimelineItem[], seenId: string | undefined, me: string): number {
  let unseen = 0
  for (let index = items.length - 1; index >= 0; index -= 1) {
    const item = items[index]
    if (item === undefined || item.id === seenId) break
    if (item.kind === 'message' && item.sender !== me) unseen += 1
  }
  return unseen
}
