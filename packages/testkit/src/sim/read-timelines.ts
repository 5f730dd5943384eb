import type { LoggedEvent, TimelineRecord } from '../history/history.ts'
import { indexLog } from '../history/log-index.ts'
import { readWholeTimeline } from '../history/recorder.ts'
import { readStoreTimeline } from '../history/store-history.ts'
import { SIM_APP } from './sim-auth.ts'
import type { World } from './world.ts'

const READ_MS = 60_000

/** Every timeline that the store has, as each of its readers sees it. */
export function storeTimelines({ database }: World, log: readonly LoggedEvent[]): Promise<TimelineRecord[]> {
  const store = database.openStore()
  const readers = [...indexLog({ log, lost: [] }).conversations.values()].flatMap(
    ({ conversation, visibility }) =>
      [...visibility.keys()].map((user) => readStoreTimeline(store, SIM_APP, conversation, user)),
  )
  return Promise.all(readers)
}

/** Every client pages everything that it is in back to the beginning, while virtual time goes on. */
export async function clientTimelines(
  { time, tabs }: World,
  log: readonly LoggedEvent[],
): Promise<TimelineRecord[]> {
  const timelines: TimelineRecord[] = []
  const waiting = new Set<string>()
  const logged = new Set(log.map(({ conversation }) => conversation))
  for (const { name, client } of tabs.live) {
    if (client.connection.state !== 'online') continue
    for (const conversation of client.conversations()) {
      // Lost as a whole by a failover: nothing is left to read.
      if (!conversation.joined || !logged.has(conversation.id)) continue
      const reading = `${name} ${conversation.id}`
      waiting.add(reading)
      readWholeTimeline(client, name, conversation).then(
        (timeline) => {
          timelines.push(timeline)
          waiting.delete(reading)
        },
        (error: unknown) => time.fail(new Error(`${reading} cannot be read`, { cause: error })),
      )
    }
  }
  const how = await time.run(time.nowMs + READ_MS, () => waiting.size === 0)
  if (how === 'timeUp') throw new Error(`not read within ${READ_MS} ms of calm: ${[...waiting].join(', ')}`)
  return timelines
}
