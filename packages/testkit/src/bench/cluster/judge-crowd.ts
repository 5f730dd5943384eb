import type { Store } from '@skein/server'
import { checkDeliveries } from '../../history/check-deliveries.ts'
import { checkLog } from '../../history/check-log.ts'
import { checkSends, checkUnsent } from '../../history/check-sends.ts'
import type { Violation } from '../../history/history.ts'
import { indexLog } from '../../history/log-index.ts'
import { readStoreLog } from '../../history/store-history.ts'
import type { TalkOutcome } from '../../cluster-bed/clients/talk-commands.ts'

/**
 * Holds what everybody saw against the log. Everybody is a member from before the first message to the
 * end, and so must be delivered all that follows the creation. Timelines are not read back: thousands of
 * readers of history are not what is measured.
 */
export async function judgeCrowd(
  store: Store,
  app: string,
  { clients, sends }: TalkOutcome,
): Promise<Violation[]> {
  const conversations = clients.flatMap(({ joined }) => joined)
  const log = await readStoreLog(store, app, [...new Set(conversations)])
  const created = new Map(
    log.flatMap(({ conversation, event: { kind, origin, seq } }) =>
      kind === 'create' ? [[conversation, { [origin]: seq }] as const] : [],
    ),
  )
  const judged = clients.map((client) => ({
    ...client,
    mustSeeAfter: Object.fromEntries(client.joined.map((id) => [id, created.get(id) ?? {}])),
  }))
  const index = indexLog({ log, lost: [] })
  return [
    ...checkLog(index),
    ...checkSends(sends, index),
    ...checkUnsent({ sends, allSendsRecorded: true }, index),
    ...checkDeliveries(judged, index),
  ]
}
