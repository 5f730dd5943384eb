import type { ClientRecord, History, Violation } from './history.ts'
import { positionKey } from './log-index.ts'

/**
 * A client that was shown what a failover lost must have been told so, and nobody is told so without
 * a failover: never a silent gap, never a false alarm (P4).
 */
export function checkResets(history: Pick<History, 'lost' | 'clients' | 'failedOver'>): Violation[] {
  if (!history.failedOver) return history.clients.flatMap(needless)
  const lost = new Set(history.lost.map(({ conversation, event }) => `${conversation} ${positionKey(event)}`))
  return history.clients.filter((client) => client.onlineAtEnd).flatMap((client) => untold(client, lost))
}

function untold(client: ClientRecord, lost: ReadonlySet<string>): Violation[] {
  const stale = new Set<string>()
  for (const delivery of client.deliveries) {
    if (delivery.type === 'reset') stale.delete(delivery.conversation)
    else if (lost.has(`${delivery.conversation} ${positionKey(delivery.event)}`))
      stale.add(delivery.conversation)
  }
  return [...stale].map((conversation) => ({
    promise: 'P4',
    rule: 'resetUntold',
    message: `${conversation}: ${client.name} was shown events that a failover lost and was never told`,
  }))
}

function needless(client: ClientRecord): Violation[] {
  return client.deliveries
    .filter((delivery) => delivery.type === 'reset')
    .map(({ conversation }) => ({
      promise: 'P4',
      rule: 'resetNeedless',
      message: `${conversation}: ${client.name} was told that its log is void, without any failover`,
    }))
}
