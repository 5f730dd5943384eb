import { describe, expect, it } from 'vitest'
import { checkService } from './check-service.ts'
import type { ClientRecord, History } from './history.ts'
import type { ServiceRecord } from './service.ts'

const delivered = (atMs: number): ClientRecord['deliveries'][number] => ({
  type: 'event',
  conversation: 'g',
  event: {
    origin: 'o',
    seq: 1,
    hlc: 1,
    sender: 'ann',
    clientId: 'c',
    kind: 'message',
    body: { text: '' },
    count: 1,
    at: 0,
  },
  atMs,
})

const client = (over: Partial<ClientRecord> = {}): ClientRecord => ({
  name: 'ann/1',
  user: 'ann',
  deliveries: [delivered(1_100)],
  mustSeeAfter: {},
  onlineAtEnd: true,
  joined: [],
  openedAtMs: 0,
  statuses: [
    { atMs: 10, state: 'connecting' },
    { atMs: 50, state: 'online' },
  ],
  ...over,
})

const service: ServiceRecord = {
  endMs: 10_000,
  acceptedAtMs: { 'g o:1': 1_000 },
  delivery: { fromMs: 0, boundMs: 500 },
  unbroken: [{ promise: 'P7', fromMs: 100, toMs: 9_000, boundMs: 0, why: 'a deploy' }],
  moves: [{ connects: 3, welcomed: 3, asked: 3, mostAsked: 4, why: 'a deploy' }],
  sendsMustNotFail: true,
  health: [
    { node: 'n1', atMs: 2_000, ready: true, degraded: false, reasons: [], sessions: 3 },
    { node: 'n1', atMs: 3_000, ready: false, degraded: false, reasons: ['path'], sessions: 0 },
  ],
  healthDue: [],
}

const rules = (change: Partial<ServiceRecord>, over: Partial<ClientRecord> = {}): string[] => {
  const history: History = {
    log: [],
    lost: [],
    failedOver: false,
    sends: [],
    clients: [client(over)],
    timelines: [],
    service: { ...service, ...change },
  }
  return checkService(history).map(({ promise, rule }) => `${promise} ${rule}`)
}

const wentOffline = (fromMs: number, toMs: number): Partial<ClientRecord> => ({
  statuses: [
    { atMs: 50, state: 'online' },
    { atMs: fromMs, state: 'waiting' },
    { atMs: fromMs + 1, state: 'connecting' },
    { atMs: toMs, state: 'online' },
  ],
})

describe('how well a run was served', () => {
  it('is not judged where nobody measured it, and is good where all was kept', () => {
    expect(rules({})).toEqual([])
  })

  it('P5: what was accepted comes in time, counted from when that was promised', () => {
    expect(rules({}, { deliveries: [delivered(1_501)] })).toEqual(['P5 deliveredLate'])
    expect(rules({ delivery: { fromMs: 1_200, boundMs: 500 } }, { deliveries: [delivered(1_501)] })).toEqual(
      [],
    )
    expect(rules({}, { openedAtMs: 1_300, deliveries: [delivered(1_501)] })).toEqual([])
  })

  it('P5: a client that is not online at the end, and was not closed, is told of', () => {
    expect(rules({}, { onlineAtEnd: false })).toEqual(['P5 notBack'])
    expect(rules({}, { onlineAtEnd: false, closedAtMs: 500 })).toEqual([])
  })

  it('P7: nobody who was online is without a connection for longer than the bound, within the time', () => {
    expect(rules({}, wentOffline(2_000, 2_020))).toEqual(['P7 withoutConnection'])
    expect(rules({}, wentOffline(9_500, 9_600))).toEqual([])
    const bounded = { unbroken: [{ promise: 'P5' as const, fromMs: 100, toMs: 9_000, boundMs: 20, why: '' }] }
    expect(rules(bounded, wentOffline(2_000, 2_020))).toEqual([])
    expect(rules(bounded, wentOffline(2_000, 2_021))).toEqual(['P5 withoutConnection'])
  })

  it('P7: before it was online for the first time a client has lost nothing', () => {
    const statuses = [
      { atMs: 200, state: 'connecting' },
      { atMs: 400, state: 'online' },
    ]
    expect(rules({}, { statuses })).toEqual([])
  })

  it('P7: clients connect when they are asked to, and are asked seldom', () => {
    const moves = { connects: 5, welcomed: 4, asked: 4, mostAsked: 4, why: '' }
    expect(rules({ moves: [moves] })).toEqual([])
    expect(rules({ moves: [{ ...moves, welcomed: 5 }] })).toEqual(['P7 storm'])
    expect(rules({ moves: [{ ...moves, connects: 13 }] })).toEqual(['P7 storm'])
    expect(rules({ moves: [{ ...moves, asked: 5 }] })).toEqual(['P7 restless'])
  })

  it('P8: health is as it must be in every sample, and there is one', () => {
    const due = { node: 'n1', fromMs: 1_500, toMs: 2_500, why: '' }
    expect(rules({ healthDue: [{ ...due, must: 'beReady' }] })).toEqual([])
    expect(rules({ healthDue: [{ ...due, toMs: 3_500, must: 'beReady' }] })).toEqual(['P8 beReady'])
    expect(rules({ healthDue: [{ ...due, must: 'beWell' }] })).toEqual([])
    const after = { ...due, fromMs: 2_900, toMs: 3_500 }
    expect(rules({ healthDue: [{ ...after, must: 'haveNoSessions' }] })).toEqual([])
    expect(rules({ healthDue: [{ ...due, must: 'haveNoSessions' }] })).toEqual(['P8 haveNoSessions'])
    expect(rules({ healthDue: [{ ...due, must: 'beUnready' }] })).toEqual(['P8 beUnready'])
    expect(rules({ healthDue: [{ ...due, toMs: 3_500, must: 'takeNobody' }] })).toEqual([])
    const one = { node: 'n1', atMs: 2_000, ready: true, degraded: false, reasons: [], sessions: 1 }
    const health = [one, { ...one, atMs: 2_100, sessions: 2 }]
    expect(rules({ health, healthDue: [{ ...due, must: 'takeNobody' }] })).toEqual(['P8 takeNobody'])
    expect(rules({ healthDue: [{ ...due, fromMs: 5_000, toMs: 6_000, must: 'beReady' }] })).toEqual([
      'P8 beReady',
    ])
  })
})

describe('a send', () => {
  const failed = (reason: string): string[] =>
    checkService({
      log: [],
      lost: [],
      failedOver: false,
      sends: [
        {
          client: 'ann/1',
          conversation: 'g',
          sender: 'ann',
          clientId: 'c',
          body: '{}',
          order: 0,
          acked: false,
          failed: reason,
          abandoned: false,
        },
      ],
      clients: [],
      timelines: [],
      service,
    }).map(({ promise, rule }) => `${promise} ${rule}`)

  it('P5: may fail for what the app asked, not for what the service lacks', () => {
    expect(failed('notMember')).toEqual([])
    expect(failed('unavailable')).toEqual(['P5 sendFailed'])
  })
})

it('P5: nobody goes where only a forged list leads', () => {
  expect(rules({ misled: [] })).toEqual(rules({}))
  expect(rules({ misled: ['ann/1'] })).toEqual([...rules({}), 'P5 followedForged'])
})
