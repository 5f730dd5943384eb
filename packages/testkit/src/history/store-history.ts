import type { Store } from '@skein/server'
import type { Event, TimelineKey } from '@skein/protocol'
import type { LoggedEvent, TimelineRecord } from './history.ts'

const PAGE = 200

/** The whole log of these conversations, as the store has it. */
export async function readStoreLog(
  store: Store,
  app: string,
  conversations: readonly string[],
): Promise<LoggedEvent[]> {
  const log: LoggedEvent[] = []
  for (const conversation of conversations) {
    const events = await pageHistory(store, { app, conversation })
    for (const event of events) log.push({ conversation, event })
  }
  return log
}

/** One user's timeline straight from the store. */
export async function readStoreTimeline(
  store: Store,
  app: string,
  conversation: string,
  user: string,
): Promise<TimelineRecord> {
  return {
    reader: 'store',
    user,
    conversation,
    events: await pageHistory(store, { app, conversation, user }),
  }
}

async function pageHistory(
  store: Store,
  request: { readonly app: string; readonly conversation: string; readonly user?: string },
): Promise<Event[]> {
  const pages: Event[][] = []
  let before: TimelineKey | undefined
  for (;;) {
    const page = await store.history({ ...request, limit: PAGE, ...(before !== undefined && { before }) })
    const events = page.records.map((record) => record.event)
    pages.unshift(events)
    const oldest = events[0]
    if (!page.more || oldest === undefined) return pages.flat()
    before = { hlc: oldest.hlc, origin: oldest.origin, seq: oldest.seq }
  }
}
