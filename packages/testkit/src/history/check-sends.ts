import { MemberBody, messageId } from '@skein/protocol'
import type { History, SendRecord, Violation } from './history.ts'
import { canonical, idOf, type ConversationLog, type LogIndex } from './log-index.ts'

/**
 * Refusals that say nothing about an earlier attempt: it may have been committed while its answer was
 * lost. All others promise that the message is not in the log.
 */
const MAY_BE_COMMITTED: ReadonlySet<string> = new Set([
  'expired',
  'discarded',
  'indeterminate',
  'outboxLimit',
])

/** What senders were told against what the log holds: nothing acknowledged is lost (P1), outboxes keep their order (P3). */
export function checkSends(sends: readonly SendRecord[], index: LogIndex): Violation[] {
  return [...sends.flatMap((send) => fate(send, index)), ...outboxOrder(sends, index)]
}

/** A message that nobody sent is a copy of one that somebody did, or worse (P2). */
export function checkUnsent(
  { sends, allSendsRecorded }: Pick<History, 'sends' | 'allSendsRecorded'>,
  index: LogIndex,
): Violation[] {
  if (allSendsRecorded !== true) return []
  const sent = new Set(
    sends.map(({ conversation, sender, clientId }) => `${conversation} ${messageId(sender, clientId)}`),
  )
  return [...index.conversations.values()].flatMap(({ conversation, ordered }) =>
    ordered
      .filter((event) => event.kind === 'message' && !sent.has(`${conversation} ${idOf(event)}`))
      .map((event) => ({
        promise: 'P2',
        rule: 'neverSent',
        message: `${conversation}: nobody sent ${idOf(event)} at ${event.seq}`,
      })),
  )
}

function fate(send: SendRecord, index: LogIndex): Violation[] {
  const id = messageId(send.sender, send.clientId)
  const name = `${send.conversation}: ${id} of ${send.client}`
  const log = index.conversations.get(send.conversation)
  const at = log?.indexById.get(id)
  const logged = at === undefined ? undefined : log?.ordered[at]
  const lost = index.lostIds.has(`${send.conversation} ${id}`)
  const violations: Violation[] = []
  const say = (rule: string, message: string): void =>
    void violations.push({ promise: 'P1', rule, message: `${name} ${message}` })

  if (send.acked && logged === undefined && !lost)
    say('acknowledgedLost', 'was acknowledged and is not in the log')
  const late =
    index.lostConversations.has(send.conversation) ||
    (at !== undefined && log !== undefined && allowedSince(log, send, at))
  if (send.failed !== undefined && !late && !MAY_BE_COMMITTED.has(send.failed)) {
    if (send.acked) say('acknowledgedFailed', `was acknowledged and then failed: ${send.failed}`)
    if (logged !== undefined)
      say('failedCommitted', `failed (${send.failed}) and stands in the log at ${logged.seq}`)
  }
  if (!send.acked && send.failed === undefined && !send.abandoned)
    say('unsettled', 'was neither acknowledged nor refused')
  if (logged === undefined) return violations

  if (canonical(logged.body) !== canonical(JSON.parse(send.body)))
    say('altered', `was sent as ${send.body} and logged otherwise`)
  const { position } = send
  if (position !== undefined && !lost && (position.origin !== logged.origin || position.seq !== logged.seq)) {
    say('acknowledgedElsewhere', `was acknowledged at ${position.seq} and stands at ${logged.seq}`)
  }
  return violations
}

/**
 * Refused while its sender was out or had no right to it, and then an old connection delivered another
 * copy of it after members or roles had changed: what is committed counts, and the client is told so. So
 * with a conversation that a failover took away and its creator brought back
 * (seeds 1136, 2567, 12726, 700626).
 */
const allowedSince = (log: ConversationLog, { sender, failed, body }: SendRecord, at: number): boolean => {
  const wanted = MemberBody.safeParse(JSON.parse(body)).data
  // `notMember` is also said of the one whom a change is about.
  const target = log.ordered[at]?.kind === 'member' && wanted?.change !== 'add' ? wanted?.user : undefined
  return log.ordered.slice(1, at).some((event) => {
    const change = event.kind === 'member' ? MemberBody.safeParse(event.body).data : undefined
    if (change === undefined) return false
    // Who may do what depends on the others too: the last owner may not leave.
    if (failed === 'forbidden') return true
    return change.change === 'add' && change.members.some(({ user }) => user === sender || user === target)
  })
}

/** Of what failed no order was promised. */
function outboxOrder(sends: readonly SendRecord[], index: LogIndex): Violation[] {
  const violations: Violation[] = []
  const newest = new Map<string, { readonly at: number; readonly send: SendRecord }>()
  for (const send of sends.toSorted((a, b) => a.order - b.order)) {
    const at = index.conversations
      .get(send.conversation)
      ?.indexById.get(messageId(send.sender, send.clientId))
    // What a failover lost had its place, and was sent again after what survived.
    const lost = index.lostIds.has(`${send.conversation} ${messageId(send.sender, send.clientId)}`)
    if (at === undefined || lost || send.failed !== undefined) continue
    const key = `${send.client} ${send.conversation}`
    const before = newest.get(key)
    if (before === undefined || before.at < at) {
      newest.set(key, { at, send })
      continue
    }
    violations.push({
      promise: 'P3',
      rule: 'outboxOrder',
      message: `${send.conversation}: ${send.client} sent ${before.send.clientId} before ${send.clientId}, the log has them the other way`,
    })
  }
  return violations
}
