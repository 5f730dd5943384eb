import { describe, expect, test } from 'vitest'
import { MOST_WAITING, PatientOutbox, RudeOutbox, type UserOutbox, type Wish } from './user-outbox.ts'

const wish = (serial: number): Wish => ({ serial, clientId: `id-${serial}`, wantedAtMs: 0, sentAtMs: 0 })
const overloaded = (retryAfterMs?: number) => ({ code: 'overloaded', retryAfterMs })

function wanting(outbox: UserOutbox, count: number): void {
  for (let serial = 0; serial < count; serial++) outbox.want(wish(serial))
}
const serialsOf = (outbox: UserOutbox, nowMs: number): number[] =>
  outbox.take(nowMs).map((outgoing) => outgoing.wish.serial)

describe('an outbox that listens', () => {
  test('sends in order, each naming the one before it, and no more than the SDK has under way', () => {
    const outbox = new PatientOutbox()
    wanting(outbox, 64)
    const taken = outbox.take(5)
    expect(taken.map((outgoing) => outgoing.wish.serial)).toEqual(Array.from({ length: 64 }, (_, n) => n))
    expect(taken.map(({ after }) => after?.serial)).toEqual([undefined, ...serials(0, 63)])
    expect(outbox.acked(0)?.sentAtMs).toBe(5)
    outbox.want(wish(64))
    expect(serialsOf(outbox, 7)).toEqual([64])
  })

  test('after a refusal nothing goes before the moment that was told, then one goes, and with its answer the rest', () => {
    const outbox = new PatientOutbox()
    wanting(outbox, 4)
    outbox.take(0)
    outbox.acked(0)
    expect(outbox.refused(1, overloaded(500), 10)).toBe(true)
    expect(outbox.refused(2, overloaded(900), 10)).toBe(false)
    expect(outbox.want(wish(4))).toBe(true)
    expect(serialsOf(outbox, 509)).toEqual([])
    expect(outbox.blockedUntilMs).toBe(510)
    expect(serialsOf(outbox, 510)).toEqual([1])
    expect(serialsOf(outbox, 511)).toEqual([])
    outbox.acked(1)
    expect(serialsOf(outbox, 512)).toEqual([2, 3, 4])
    expect(outbox.blockedUntilMs).toBeUndefined()
  })

  test('an acknowledgement counts though its message was to go again', () => {
    const outbox = new PatientOutbox()
    wanting(outbox, 3)
    outbox.take(0)
    outbox.refused(1, overloaded(100), 0)
    expect(outbox.acked(0)?.serial).toBe(0)
    expect(outbox.acked(1)?.serial).toBe(1)
    expect(serialsOf(outbox, 100)).toEqual([2])
  })

  test('it holds so many and no more', () => {
    const outbox = new PatientOutbox()
    wanting(outbox, MOST_WAITING)
    expect(outbox.want(wish(MOST_WAITING))).toBe(false)
  })

  test('once it gave up, only what is under way is waited for', () => {
    const outbox = new PatientOutbox()
    wanting(outbox, 20)
    outbox.take(0)
    wanting(outbox, 3)
    outbox.giveUp()
    outbox.acked(0)
    expect([serialsOf(outbox, 1), outbox.underWay]).toEqual([[], 19])
    outbox.refused(1, overloaded(1), 1)
    expect([serialsOf(outbox, 9), outbox.underWay]).toEqual([[], 0])
  })
})

test('an outbox that is rude sends at once, once, and never again', () => {
  const outbox = new RudeOutbox()
  wanting(outbox, 2)
  expect(serialsOf(outbox, 3)).toEqual([0, 1])
  expect(outbox.refused(0)).toBe(true)
  expect(outbox.acked(1)?.sentAtMs).toBe(3)
  outbox.want(wish(2))
  expect([serialsOf(outbox, 4), outbox.underWay]).toEqual([[2], 1])
})

const serials = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)
