import type { ClientRecord, History, Violation } from './history.ts'
import { positionKey } from './log-index.ts'
import type { HealthDue, HealthSample, Moves, ServiceRecord, Unbroken } from './service.ts'

/** Failures that no app can mean: the service let the message down. */
const SERVICE_FAILURES: ReadonlySet<string> = new Set([
  'expired',
  'indeterminate',
  'outOfOrder',
  'unavailable',
  'overloaded',
  'tooFast',
  'draining',
  'internal',
  'outboxLimit',
])

/** Deaths are no outage (P5), deploys are invisible (P7), health is delivery (P8): where a run measured it. */
export function checkService({ service, clients, sends }: History): Violation[] {
  if (service === undefined) return []
  return [
    ...clients.flatMap((client) => late(client, service)),
    ...clients.flatMap((client) => service.unbroken.flatMap((due) => gaps(client, due, service.endMs))),
    ...clients.flatMap((client) => notBack(client)),
    ...service.moves.flatMap((moves) => storm(moves)),
    ...(service.sendsMustNotFail ? failedSends(sends) : []),
    ...(service.misled ?? []).map((client) => followedForged(client)),
    ...service.healthDue.flatMap((due) => unhealthy(due, service.health)),
  ]
}

function late(client: ClientRecord, { acceptedAtMs, delivery }: ServiceRecord): Violation[] {
  const { openedAtMs } = client
  if (openedAtMs === undefined) return []
  return client.deliveries.flatMap((delivered) => {
    if (delivered.type !== 'event' || delivered.atMs === undefined) return []
    const position = `${delivered.conversation} ${positionKey(delivered.event)}`
    const accepted = acceptedAtMs[position]
    // What is older than the client comes with its first resume.
    if (accepted === undefined) return []
    const sinceMs = Math.max(accepted, delivery.fromMs, openedAtMs)
    const tookMs = delivered.atMs - sinceMs
    if (tookMs <= delivery.boundMs) return []
    const took = `${Math.round(tookMs)} ms after ${Math.round(sinceMs)}`
    return [
      violation(
        'P5',
        'deliveredLate',
        `${client.name}: ${position} came ${took}, at most ${delivery.boundMs} are promised`,
      ),
    ]
  })
}

/** Everything is well for long, and a client that was opened is not online. */
function notBack(client: ClientRecord): Violation[] {
  const last = client.statuses?.at(-1)
  if (client.onlineAtEnd || client.closedAtMs !== undefined || last === undefined) return []
  return [
    violation(
      'P5',
      'notBack',
      `${client.name} is ${last.state} since ${Math.round(last.atMs)} though nothing fails any more`,
    ),
  ]
}

function gaps(client: ClientRecord, due: Unbroken, endMs: number): Violation[] {
  const gone = Math.min(due.toMs, client.closedAtMs ?? endMs)
  return offline(client, endMs).flatMap(({ fromMs, toMs }) => {
    const lostMs = Math.min(toMs, gone) - Math.max(fromMs, due.fromMs)
    if (lostMs <= due.boundMs || fromMs >= due.toMs || toMs <= due.fromMs) return []
    const lost = `${Math.round(lostMs)} ms from ${Math.round(fromMs)}`
    return [
      violation(
        due.promise,
        'withoutConnection',
        `${client.name}: ${lost}, at most ${due.boundMs} are promised: ${due.why}`,
      ),
    ]
  })
}

/** When the client, after it was online once, was not. */
function offline(client: ClientRecord, endMs: number): { readonly fromMs: number; readonly toMs: number }[] {
  const statuses = client.statuses ?? []
  const first = statuses.findIndex(({ state }) => state === 'online')
  if (first === -1) return []
  return statuses.flatMap(({ state, atMs }, index) => {
    if (index < first || state === 'online') return []
    const toMs = statuses.slice(index).find((later) => later.state === 'online')?.atMs ?? endMs
    return statuses[index - 1]?.state === 'online' ? [{ fromMs: atMs, toMs }] : []
  })
}

/** A client may find that the node it was sent to has begun to drain, too: it tries once more there, then elsewhere. */
const TRIES = 3

function storm({ connects, welcomed, asked, mostAsked, why }: Moves): Violation[] {
  return [
    ...(welcomed > asked || connects > TRIES * asked
      ? [
          violation(
            'P7',
            'storm',
            `clients connected ${connects} times (${welcomed} were let in), were asked to ${asked} times: ${why}`,
          ),
        ]
      : []),
    ...(asked > mostAsked
      ? [
          violation(
            'P7',
            'restless',
            `clients were asked to move ${asked} times, ${mostAsked} would do: ${why}`,
          ),
        ]
      : []),
  ]
}

const failedSends = (sends: History['sends']): Violation[] =>
  sends
    .filter(({ failed }) => failed !== undefined && SERVICE_FAILURES.has(failed))
    .map(({ client, conversation, clientId, failed }) =>
      violation('P5', 'sendFailed', `${conversation}: ${clientId} of ${client} failed: ${failed}`),
    )

const followedForged = (client: string): Violation =>
  violation('P5', 'followedForged', `${client} went where only a forged list leads`)

function unhealthy(due: HealthDue, health: readonly HealthSample[]): Violation[] {
  const samples = health.filter(
    ({ node, atMs }) => node === due.node && atMs >= due.fromMs && atMs <= due.toMs,
  )
  const wrong = samples.find((sample, index) => !holds(due.must, sample, samples[index - 1] ?? sample))
  if (samples.length > 0 && wrong === undefined) return []
  const said = wrong === undefined ? 'said nothing' : `${shown(wrong)} at ${Math.round(wrong.atMs)}`
  return [violation('P8', due.must, `${due.node} ${said}: ${due.why}`)]
}

function holds(
  must: HealthDue['must'],
  { ready, degraded, sessions }: HealthSample,
  before: HealthSample,
): boolean {
  switch (must) {
    case 'beReady':
      return ready
    case 'beWell':
      return ready && !degraded
    case 'beUnready':
      return !ready
    case 'haveNoSessions':
      return sessions === 0
    case 'takeNobody':
      return sessions <= before.sessions
  }
}

const shown = ({ ready, degraded, sessions, reasons }: HealthSample): string =>
  `was ${ready ? 'ready' : 'unready'}${degraded ? ' and degraded' : ''} with ${sessions} sessions (${reasons.join(' ')})`

const violation = (promise: Violation['promise'], rule: string, message: string): Violation => ({
  promise,
  rule,
  message,
})
