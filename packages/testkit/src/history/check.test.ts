import type { Event } from '@skein/protocol'
import { describe, expect, it } from 'vitest'
import { checkHistory } from './check.ts'
import type { ClientRecord, History, SendRecord, TimelineRecord } from './history.ts'

const ORIGIN = 'local.a1'
const uuid = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`

function event(seq: number, over: Partial<Event> = {}): Event {
  const body = { text: `m${seq}` }
  return {
    origin: ORIGIN,
    seq,
    hlc: seq * 1000,
    sender: 'ann',
    clientId: uuid(seq),
    kind: 'message',
    body,
    count: seq - 1,
    at: seq,
    ...over,
  }
}

const created = event(1, {
  kind: 'create',
  body: { type: 'group', members: [{ user: 'bob', role: 'member' }] },
})
const kicked = event(4, { kind: 'member', body: { change: 'remove', user: 'bob' } })
const added = event(6, {
  kind: 'member',
  body: { change: 'add', members: [{ user: 'bob', role: 'member' }] },
})
/** ann sends five messages; bob is away from 4 to 6. */
const log = [created, event(2), event(3), kicked, event(5), added, event(7), event(8)]
const forBob = log.filter(({ seq }) => seq !== 5)

const logged = (events: readonly Event[]) => events.map((e) => ({ conversation: 'g', event: e }))
const delivered = (events: readonly Event[]) =>
  events.map((e) => ({ type: 'event' as const, conversation: 'g', event: e }))
const send = (seq: number, over: Partial<SendRecord> = {}): SendRecord => ({
  client: 'ann/1',
  conversation: 'g',
  sender: 'ann',
  clientId: uuid(seq),
  body: JSON.stringify(log[seq - 1]?.body ?? { text: `m${seq}` }),
  order: seq,
  acked: true,
  position: { origin: ORIGIN, seq },
  abandoned: false,
  ...over,
})
const timeline = (user: string, events: readonly Event[]): TimelineRecord => ({
  reader: 'store',
  user,
  conversation: 'g',
  events,
})
const client = (over: Partial<ClientRecord> = {}): ClientRecord => ({
  name: 'bob/1',
  user: 'bob',
  deliveries: delivered(forBob),
  mustSeeAfter: { g: {} },
  onlineAtEnd: true,
  joined: ['g'],
  ...over,
})

const good: History = {
  log: logged(log),
  lost: [],
  failedOver: false,
  sends: [2, 3, 5, 7, 8].map((seq) => send(seq)),
  clients: [client()],
  timelines: [timeline('ann', log), timeline('bob', forBob)],
}

const rules = (change: Partial<History>): string[] => [
  ...new Set(checkHistory({ ...good, ...change }).map(({ promise, rule }) => `${promise} ${rule}`)),
]
const withClient = (over: Partial<ClientRecord>): string[] => rules({ clients: [client(over)] })
const withBobsTimeline = (events: readonly Event[]): string[] =>
  rules({ timelines: [timeline('ann', log), timeline('bob', events)] })
const swap = <T>(items: readonly T[], i: number): T[] =>
  items.with(i, items[i + 1] as T).with(i + 1, items[i] as T)

describe('the history checker', () => {
  it('finds nothing in a good history', () => {
    expect(checkHistory(good)).toEqual([])
  })

  it('accepts a refused send that is not in the log, and one whose outbox is gone', () => {
    const sends = [
      ...good.sends,
      send(90, { acked: false, failed: 'notMember' }),
      send(91, { acked: false, abandoned: true }),
    ]
    expect(rules({ sends })).toEqual([])
  })

  it('needs no order between the outboxes of two clients', () => {
    const sends = good.sends.map((each) => ({ ...each, client: `ann/${each.order}`, order: -each.order }))
    expect(rules({ sends })).toEqual([])
  })
})

describe('P1, what was acknowledged is never lost', () => {
  it('is broken by an acknowledged message that the log does not hold', () => {
    expect(rules({ sends: [...good.sends, send(99)] })).toEqual(['P1 acknowledgedLost'])
  })
  it('is broken by an acknowledged message that one member cannot read', () => {
    expect(withBobsTimeline(forBob.filter(({ seq }) => seq !== 7))).toEqual(['P1 missing'])
  })
  it('is broken by a message that stands elsewhere than acknowledged', () => {
    expect(rules({ sends: [send(2, { position: { origin: ORIGIN, seq: 3 } })] })).toEqual([
      'P1 acknowledgedElsewhere',
    ])
  })
  it('is broken by a body that changed on the way', () => {
    expect(rules({ sends: [send(2, { body: '{"text":"other"}' })] })).toEqual(['P1 altered'])
    expect(withClient({ deliveries: delivered(forBob.with(1, event(2, { body: {} }))) })).toEqual([
      'P1 altered',
    ])
    expect(withBobsTimeline(forBob.with(1, event(2, { body: {} })))).toEqual(['P1 altered'])
  })
  it('is broken by a send that is refused and yet committed, or never settled', () => {
    expect(rules({ sends: [send(2, { acked: false, failed: 'notMember' })] })).toEqual(['P1 failedCommitted'])
    expect(rules({ sends: [send(99, { acked: false })] })).toEqual(['P1 unsettled'])
  })
  it('holds when a late copy of a refused send is committed after its sender came back', () => {
    const late = event(9, { sender: 'bob', clientId: uuid(9) })
    const refused = send(9, { client: 'bob/1', sender: 'bob', failed: 'notMember', order: 1 })
    const change = {
      log: logged([...log, late]),
      timelines: [timeline('ann', [...log, late]), timeline('bob', [...forBob, late])],
    }
    const clients = [client({ deliveries: delivered([...forBob, late]) })]
    expect(rules({ ...change, clients, sends: [...good.sends, refused] })).toEqual([])
  })
  const removal = (seq: number) => event(seq, { kind: 'member', body: { change: 'remove', user: 'bob' } })
  const refusedRemoval = (seq: number) =>
    send(seq, { body: JSON.stringify(removal(seq).body), acked: false, failed: 'notMember', order: 9 })
  it('holds when a late copy of a refused removal is committed after its target was added', () => {
    const change = {
      log: logged([...log, removal(9)]),
      timelines: [timeline('ann', [...log, removal(9)]), timeline('bob', [...forBob, removal(9)])],
    }
    const clients = [client({ deliveries: delivered([...forBob, removal(9)]), joined: [] })]
    expect(rules({ ...change, clients, sends: [...good.sends, refusedRemoval(9)] })).toEqual([])
  })
  it('is broken by a refused removal that is committed of one who was never added', () => {
    const upTo = [created, event(2), event(3), removal(4)]
    const change = { log: logged(upTo), timelines: [timeline('ann', upTo), timeline('bob', upTo)] }
    const clients = [client({ deliveries: delivered(upTo), joined: [] })]
    expect(rules({ ...change, clients, sends: [send(2), send(3), refusedRemoval(4)] })).toEqual([
      'P1 failedCommitted',
    ])
  })
  it('is not proven when nobody read a member’s timeline', () => {
    expect(rules({ timelines: [timeline('ann', log)] })).toEqual(['P1 timelineUnread'])
  })
})

describe('P2, once in every timeline', () => {
  it('is broken by a message that is logged twice', () => {
    const again = event(9, { clientId: uuid(8), body: { text: 'm8' } })
    const both = [...log, again]
    const change = {
      log: logged(both),
      sends: [],
      timelines: [timeline('ann', log), timeline('bob', forBob)],
      clients: [],
    }
    expect(rules(change)).toContain('P2 loggedTwice')
  })
  it('is broken by a message that nobody sent', () => {
    expect(rules({ allSendsRecorded: true })).toEqual([])
    expect(rules({ allSendsRecorded: true, sends: good.sends.slice(1) })).toEqual(['P2 neverSent'])
  })
  it('is broken by a timeline or a client that shows a message twice', () => {
    expect(withBobsTimeline(forBob.toSpliced(2, 0, event(2)))).toContain('P2 shownTwice')
    expect(withClient({ deliveries: delivered(forBob.toSpliced(2, 0, event(2))) })).toEqual([
      'P2 deliveredTwice',
    ])
  })
})

describe('P3, one order', () => {
  it('is broken by a log that contradicts the order of an outbox', () => {
    expect(rules({ sends: [send(2, { order: 9 }), send(3)] })).toEqual(['P3 outboxOrder'])
  })
  it('is broken by a hole in the log, or by an hlc that goes back', () => {
    const change = { timelines: [], clients: [], sends: [] }
    expect(rules({ ...change, log: logged(log.filter(({ seq }) => seq !== 3)) })).toContain('P3 logOrder')
    expect(rules({ ...change, log: logged(log.with(2, event(3, { hlc: 1 }))) })).toContain('P3 logOrder')
  })
  it('is broken by a timeline or deliveries in another order', () => {
    expect(withBobsTimeline(swap(forBob, 1))).toEqual(['P3 timelineOrder'])
    expect(withClient({ deliveries: delivered(swap(forBob, 1)) })).toContain('P3 deliveryOrder')
  })
})

describe('P4, exactly what was missed', () => {
  it('is broken by a gap in the deliveries, at their end or before their beginning', () => {
    expect(withClient({ deliveries: delivered(forBob.toSpliced(2, 1)) })).toEqual(['P4 gap'])
    expect(withClient({ deliveries: delivered(forBob.slice(0, -1)) })).toEqual(['P4 gap'])
    expect(withClient({ deliveries: delivered(forBob.slice(3)) })).toEqual(['P4 gap'])
    expect(withClient({ deliveries: [] })).toEqual(['P4 gap'])
  })
  it('asks nothing of a client that is gone beyond what it had, nor from before it knew the conversation', () => {
    expect(withClient({ deliveries: delivered(forBob.slice(0, -1)), onlineAtEnd: false })).toEqual([])
    expect(
      withClient({ deliveries: delivered(forBob.slice(4)), mustSeeAfter: { g: { [ORIGIN]: 5 } } }),
    ).toEqual([])
  })
  it('is broken by what the user may not see', () => {
    expect(withClient({ deliveries: delivered(log) })).toEqual(['P4 outsideVisibility'])
    expect(withBobsTimeline(log)).toEqual(['P4 outsideVisibility'])
  })
  it('is broken by a client that is wrong about where its user is a member', () => {
    expect(withClient({ joined: [] })).toEqual(['P4 joinUntold'])
    expect(withClient({ joined: ['g', 'h'] })).toEqual(['P4 leaveUntold'])
    expect(withClient({ joined: [], onlineAtEnd: false })).toEqual([])
  })
  it('is broken by an event that the log never had', () => {
    const ghost = event(9)
    expect(withClient({ deliveries: delivered([...forBob, ghost]) })).toEqual(['P4 notInLog'])
    expect(withBobsTimeline([...forBob, ghost])).toEqual(['P4 notInLog'])
  })
  it('is broken by an unacknowledged event that is missing in a timeline', () => {
    expect(
      rules({ sends: [], timelines: [timeline('ann', log.slice(0, -1)), timeline('bob', forBob)] }),
    ).toEqual(['P4 missing'])
  })
})

describe('a failover that loses commits', () => {
  const lostEvent = event(9)
  const told = [...delivered([...forBob, lostEvent]), { type: 'reset' as const, conversation: 'g' }]
  const failover = { lost: logged([lostEvent]), failedOver: true, sends: [...good.sends, send(9)] }

  it('excuses the loss when the clients were told', () => {
    expect(rules({ ...failover, clients: [client({ deliveries: told })] })).toEqual([])
  })
  it('is a violation of P4 when a client was not told', () => {
    expect(rules({ ...failover, clients: [client({ deliveries: told.slice(0, -1) })] })).toEqual([
      'P4 resetUntold',
    ])
  })
  it('must not be announced when there was none', () => {
    expect(withClient({ deliveries: [...delivered(forBob), { type: 'reset', conversation: 'g' }] })).toEqual([
      'P4 resetNeedless',
    ])
  })
})
