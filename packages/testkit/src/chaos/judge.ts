import { checkHistory } from '../history/check.ts'
import type { TimelineRecord, Violation } from '../history/history.ts'
import { readStoreLog, readStoreTimeline } from '../history/store-history.ts'
import type { Store } from '@skein/server'
import type { ReadTalkOutcome } from './talk/talk-plan.ts'

/** Holds what everybody saw against the log. */
export async function judgeTalk(store: Store, app: string, outcome: ReadTalkOutcome): Promise<Violation[]> {
  const { clients, sends, timelines } = outcome
  const conversations = new Set([
    ...sends.map(({ conversation }) => conversation),
    ...timelines.map(({ conversation }) => conversation),
  ])
  const log = await readStoreLog(store, app, [...conversations])
  const stored: TimelineRecord[] = []
  for (const { conversation, user } of timelines)
    stored.push(await readStoreTimeline(store, app, conversation, user))
  return checkHistory({
    log,
    lost: [],
    failedOver: false,
    sends,
    clients,
    timelines: [...timelines, ...stored],
  })
}
