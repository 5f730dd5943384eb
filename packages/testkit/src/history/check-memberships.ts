import type { ClientRecord, History, Violation } from './history.ts'
import type { LogIndex } from './log-index.ts'

/**
 * Every client knows which conversations its user is in: being added while away is no silent gap either
 * (P4). Whose creation a failover lost, nobody can tell a client that has seen nothing but the acknowledgement.
 */
export function checkMemberships(
  { clients, lost }: Pick<History, 'clients' | 'lost'>,
  index: LogIndex,
): Violation[] {
  const lostWhole = new Set(
    lost.map(({ conversation }) => conversation).filter((id) => !index.conversations.has(id)),
  )
  const memberships = new Map<string, Set<string>>()
  for (const log of index.conversations.values()) {
    for (const user of log.currentMembers()) {
      const of = memberships.get(user) ?? new Set()
      memberships.set(user, of.add(log.conversation))
    }
  }
  return clients
    .filter(({ onlineAtEnd }) => onlineAtEnd)
    .flatMap((client) => compare(client, memberships.get(client.user) ?? new Set(), lostWhole))
}

function compare(client: ClientRecord, actual: ReadonlySet<string>, lost: ReadonlySet<string>): Violation[] {
  const believed = new Set(client.joined)
  const say = (rule: string, conversation: string, message: string): Violation => ({
    promise: 'P4',
    rule,
    message: `${conversation}: ${client.name} ${message}`,
  })
  return [
    ...[...actual]
      .filter((id) => !believed.has(id))
      .map((id) => say('joinUntold', id, 'does not know that its user is a member')),
    ...[...believed]
      .filter((id) => !actual.has(id) && !lost.has(id))
      .map((id) => say('leaveUntold', id, 'believes that its user is still a member')),
  ]
}
