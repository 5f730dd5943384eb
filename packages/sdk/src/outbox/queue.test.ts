import fc from 'fast-check'
import { LIMITS } from '@skein/protocol'
import { describe, expect, test } from 'vitest'
import { IN_FLIGHT, IN_FLIGHT_PER_CONVERSATION, OutboxQueue } from './queue.ts'
import type { OutboxEntry } from './storage.ts'

const ORIGIN = 'local.a1'

const idOf = (order: number, timeMs = 0): string => {
  const time = timeMs.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(order).padStart(12, '0')}`
}

const entry = (order: number, fields: Partial<OutboxEntry> = {}): OutboxEntry => ({
  clientId: idOf(order),
  conversation: 'g',
  kind: 'message',
  body: '{}',
  createdAt: 0,
  state: 'queued',
  order,
  ...fields,
})

const at = (seq: number) => ({ origin: ORIGIN, seq, hlc: seq })

function queueOf(...entries: OutboxEntry[]): OutboxQueue {
  const queue = new OutboxQueue()
  for (const one of entries) {
    queue.add(one)
    queue.stored(one.clientId)
  }
  return queue
}

const sent = (queue: OutboxQueue, nowMs = 0): number[] => queue.take(nowMs).map((order) => order.entry.order)
const refuse = (queue: OutboxQueue, order: number, code: string, retryAfterMs?: number) =>
  queue.refused({ clientId: idOf(order), code, retryAfterMs }, 0, 0.5)
const phases = (queue: OutboxQueue): string[] => queue.itemsOf('g').map(({ phase }) => phase)

describe('the queue', () => {
  test('sends nothing that is not stored, and nothing behind it', () => {
    const queue = new OutboxQueue()
    for (const order of [1, 2, 3]) queue.add(entry(order))
    queue.stored(idOf(2))
    expect(sent(queue)).toEqual([])
    queue.stored(idOf(1))
    expect(sent(queue)).toEqual([1, 2])
  })

  test('a durable one that is refused for good is not asked for again until the next connection (simulator, seed 1391)', () => {
    const queue = queueOf(entry(1))
    expect(sent(queue)).toEqual([1])
    queue.seen(idOf(1), at(1))
    refuse(queue, 1, 'conversationUnknown')
    expect(sent(queue)).toEqual([])
    expect(phases(queue)).toEqual(['durable'])
    queue.disconnected()
    expect(sent(queue)).toEqual([1])
    refuse(queue, 1, 'unavailable', 500)
    expect([sent(queue, 499), sent(queue, 500)]).toEqual([[], [1]])
  })

  test('SEND8 each names the one before it that is not yet durable', () => {
    const queue = queueOf(entry(1), entry(2), entry(3, { conversation: 'h' }), entry(4))
    expect(queue.take(0).map((order) => [order.entry.order, order.after])).toEqual([
      [1, undefined],
      [2, idOf(1)],
      [4, idOf(2)],
      [3, undefined],
    ])
    for (const order of [1, 2, 4]) queue.acked(idOf(order), 'durable', at(order))
    queue.add(entry(5))
    queue.stored(idOf(5))
    expect(queue.take(0)).toMatchObject([{ after: undefined }])
  })

  test('SEND9 remembers the highest hlc', () => {
    const queue = queueOf(entry(1), entry(2))
    sent(queue)
    queue.acked(idOf(2), 'durable', at(9))
    queue.acked(idOf(1), 'durable', at(3))
    expect(queue.afterHlc).toBe(9)
  })

  test('a gap that the server sees is closed from the first that has no answer', () => {
    const queue = queueOf(entry(1), entry(2), entry(3))
    sent(queue)
    refuse(queue, 2, 'outOfOrder')
    expect(phases(queue)).toEqual(['queued', 'queued', 'queued'])
    expect(sent(queue, 1_000)).toEqual([1, 2, 3])
  })

  test('ACK5 a refusal for now takes those behind it along, after the time told', () => {
    const queue = queueOf(entry(1), entry(2), entry(3))
    sent(queue)
    queue.acked(idOf(1), 'stable', at(1))
    refuse(queue, 2, 'unavailable', 700)
    refuse(queue, 3, 'outOfOrder')
    expect(queue.nextRetryMs(0)).toBe(700)
    expect(sent(queue, 699)).toEqual([])
    expect(queue.take(700)).toMatchObject([{ entry: { order: 2 }, after: undefined }])
    queue.acked(idOf(2), 'stable', at(2))
    expect(sent(queue, 710)).toEqual([3])
  })

  test('a server that had no time is asked with one send, and gets the rest when it has answered that', () => {
    const queue = queueOf(entry(1), entry(2, { conversation: 'h' }), entry(3), entry(4))
    sent(queue)
    refuse(queue, 1, 'overloaded', 700)
    refuse(queue, 2, 'overloaded', 700)
    expect(sent(queue, 700)).toEqual([1])
    expect(sent(queue, 1_000)).toEqual([])
    queue.refused({ clientId: idOf(1), code: 'overloaded', retryAfterMs: 500 }, 1_000, 0.5)
    expect(sent(queue, 1_499)).toEqual([])
    expect(sent(queue, 1_500)).toEqual([1])
    queue.acked(idOf(1), 'stable', at(1))
    expect(sent(queue, 1_501)).toEqual([3, 4, 2])
  })

  test('whatever it says of that one, or another connection, lets the others go', () => {
    const refused = queueOf(entry(1), entry(2))
    sent(refused)
    refuse(refused, 1, 'overloaded', 700)
    expect(sent(refused, 700)).toEqual([1])
    refuse(refused, 1, 'forbidden')
    expect(sent(refused, 701)).toEqual([2])
    const lost = queueOf(entry(1), entry(2))
    sent(lost)
    refuse(lost, 1, 'overloaded', 700)
    lost.disconnected()
    expect(sent(lost, 1)).toEqual([1, 2])
  })

  test('a server without time is left alone in every conversation', () => {
    const queue = queueOf(entry(1), entry(2, { conversation: 'h' }))
    sent(queue)
    refuse(queue, 1, 'overloaded', 700)
    queue.add(entry(3, { conversation: 'i' }))
    queue.stored(idOf(3))
    expect(sent(queue, 600)).toEqual([])
    expect(sent(queue, 700)).toEqual([1])
    queue.acked(idOf(1), 'stable', at(1))
    expect(sent(queue, 701)).toEqual([3])
  })

  test('what is refused for good is passed over by those behind it', () => {
    const queue = queueOf(entry(1), entry(2), entry(3))
    sent(queue)
    queue.acked(idOf(1), 'stable', at(1))
    expect(refuse(queue, 2, 'forbidden')).toMatchObject({ is: 'failed', failed: [{ reason: 'forbidden' }] })
    refuse(queue, 3, 'outOfOrder')
    expect(queue.take(1_000)).toMatchObject([{ entry: { order: 3 }, after: undefined }])
  })

  test('seed 1072: those behind what fails one by one do not wait longer each time', () => {
    const queue = queueOf(...Array.from({ length: 10 }, (_, i) => entry(i + 1)))
    for (let order = 1; order <= 10; order++) {
      const nowMs = order * 100
      expect(sent(queue, nowMs)).toHaveLength(11 - order)
      queue.refused({ clientId: idOf(order), code: 'notMember', retryAfterMs: undefined }, nowMs, 0.9)
      for (let behind = order + 1; behind <= 10; behind++) {
        queue.refused({ clientId: idOf(behind), code: 'outOfOrder', retryAfterMs: undefined }, nowMs, 0.9)
      }
    }
    expect(queue.waiting).toBe(0)
  })

  test('messages of a conversation that could not be created fail with it', () => {
    const queue = queueOf(
      entry(1, { kind: 'create', body: '{"type":"group","members":[]}' }),
      entry(2),
      entry(3),
    )
    sent(queue)
    refuse(queue, 1, 'userUnknown')
    expect(phases(queue)).toEqual(['failed', 'failed', 'failed'])
  })

  test('a direct conversation that is there already needs no creation', () => {
    const queue = queueOf(entry(1, { kind: 'create', body: '{"type":"direct","with":"bob"}' }), entry(2))
    sent(queue)
    expect(refuse(queue, 1, 'conversationExists')).toMatchObject({ is: 'needless' })
    expect(phases(queue)).toEqual(['sent'])
  })

  test('SEND7 a clock that was wrong is forgotten, the message is not', () => {
    const queue = queueOf(entry(1), entry(2))
    sent(queue)
    queue.acked(idOf(1), 'stable', at(99))
    expect(refuse(queue, 2, 'clockSkew')).toMatchObject({ is: 'later' })
    expect(queue.afterHlc).toBe(0)
  })

  test('SEND6 what is older than a server takes fails here', () => {
    const queue = queueOf(entry(1), entry(2, { clientId: idOf(2, 5_000) }))
    expect(queue.expire(LIMITS.clientIdMaxAgeMs + 1).map((item) => item.entry.order)).toEqual([1])
    expect(sent(queue)).toEqual([2])
  })

  test('what only its event told is asked for again, so that stable is learned', () => {
    const queue = queueOf(entry(1))
    queue.seen(idOf(1), at(1))
    expect(phases(queue)).toEqual(['durable'])
    expect(sent(queue)).toEqual([1])
    expect(sent(queue)).toEqual([])
    queue.disconnected()
    expect(sent(queue)).toEqual([1])
    queue.acked(idOf(1), 'stable', at(1))
    expect(phases(queue)).toEqual(['stable'])
  })

  test('ACK3 stable goes up to a position of its origin', () => {
    const queue = queueOf(entry(1), entry(2), entry(3))
    sent(queue)
    for (const order of [1, 2, 3]) queue.acked(idOf(order), 'durable', at(order))
    expect(queue.unstable()).toEqual({ g: { [ORIGIN]: 3 } })
    queue.stableUpTo('g', 'other.b1', 9)
    queue.stableUpTo('g', ORIGIN, 2)
    expect(phases(queue)).toEqual(['stable', 'stable', 'durable'])
  })

  test('what is on its way is bounded, per conversation and in all', () => {
    const entries = Array.from({ length: 400 }, (_, i) => entry(i + 1, { conversation: `c${i % 2}` }))
    expect(sent(queueOf(...entries))).toHaveLength(2 * IN_FLIGHT_PER_CONVERSATION)
    const spread = Array.from({ length: 400 }, (_, i) => entry(i + 1, { conversation: `c${i % 10}` }))
    expect(sent(queueOf(...spread))).toHaveLength(IN_FLIGHT)
  })
})

/** A server that keeps SEND3, SEND4 and SEND8, and a network that loses answers and connections. */
const anyHappening = fc.oneof(
  fc.record({ do: fc.constant('add' as const), conversation: fc.constantFrom('g', 'h') }),
  fc.record({ do: fc.constant('pump' as const) }),
  fc.record({ do: fc.constant('commit' as const), which: fc.nat(200), lost: fc.boolean() }),
  fc.record({
    do: fc.constant('refuse' as const),
    which: fc.nat(200),
    code: fc.constantFrom('unavailable', 'indeterminate', 'tooFast', 'forbidden'),
  }),
  fc.record({ do: fc.constant('disconnect' as const) }),
)

test('P2 P3 whatever is lost or refused, each message is committed once and in the order of sending', () => {
  fc.assert(
    fc.property(fc.array(anyHappening, { maxLength: 120 }), (happenings) => {
      const queue = new OutboxQueue()
      const log: number[] = []
      const failed = new Set<number>()
      let wire: { order: number; clientId: string; after: string | undefined }[] = []
      let order = 0
      let nowMs = 0
      const pump = (): void => {
        nowMs += 20_000
        for (const { entry, after } of queue.take(nowMs))
          wire.push({ order: entry.order, clientId: entry.clientId, after })
      }
      const commit = (index: number, lost: boolean): void => {
        const [send] = wire.splice(index, 1)
        if (send === undefined) return
        const known = log.indexOf(send.order)
        const afterOrder = send.after === undefined ? undefined : Number(send.after.slice(-12))
        if (known === -1 && afterOrder !== undefined && !log.includes(afterOrder)) {
          queue.refused({ clientId: send.clientId, code: 'outOfOrder', retryAfterMs: undefined }, nowMs, 0.5)
          return
        }
        if (known === -1) log.push(send.order)
        if (!lost) queue.acked(send.clientId, 'stable', at(log.indexOf(send.order) + 1))
      }
      const disconnect = (): void => {
        wire = []
        queue.disconnected()
      }
      for (const happening of happenings) {
        if (happening.do === 'add') {
          queue.add(entry(++order, { conversation: happening.conversation }))
          queue.stored(idOf(order))
        } else if (happening.do === 'pump') pump()
        else if (happening.do === 'commit') commit(happening.which % Math.max(1, wire.length), happening.lost)
        else if (happening.do === 'disconnect') disconnect()
        else {
          const [send] = wire.splice(happening.which % Math.max(1, wire.length), 1)
          if (send === undefined) continue
          // A server says for good only of what it did not commit.
          if (happening.code === 'forbidden' && log.includes(send.order)) continue
          if (happening.code === 'forbidden') failed.add(send.order)
          queue.refused(
            { clientId: send.clientId, code: happening.code, retryAfterMs: undefined },
            nowMs,
            0.5,
          )
        }
      }
      for (let i = 0; queue.waiting > 0; i++) {
        expect(i).toBeLessThan(200)
        disconnect()
        pump()
        while (wire.length > 0) commit(0, false)
      }
      for (const conversation of ['g', 'h']) {
        const orders = log.filter(
          (committed) =>
            happenings.filter((happening) => happening.do === 'add')[committed - 1]?.conversation ===
            conversation,
        )
        expect(orders).toEqual([...new Set(orders)].sort((one, other) => one - other))
      }
      const all = Array.from({ length: order }, (_, i) => i + 1)
      expect(all.filter((one) => !log.includes(one) && !failed.has(one))).toEqual([])
    }),
    { numRuns: 300 },
  )
})
