import { describe, expect, it } from 'vitest'
import { countMessages, eachAck, eachRefusal, firstStamp, refusalFrom } from './scan.ts'

const id = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`
const event = (n: number) => ({
  origin: 'l.a',
  seq: n,
  clientId: id(n),
  kind: 'message',
  body: { stamp: 1000.25 + n, text: 'x' },
})
const wire = Buffer.from(
  JSON.stringify([
    { t: 'ack', conversation: 'g', clientId: id(1), level: 'durable' },
    { t: 'events', conversation: 'g', events: [event(1), event(2)] },
    { t: 'refused', conversation: 'g', clientId: id(3), code: 'tooFast', message: '' },
    { t: 'ack', conversation: 'g', clientId: id(2), level: 'durable' },
  ]),
)

describe('scanning frames without parsing them', () => {
  it('counts message events and finds who is acknowledged or refused', () => {
    const acks: string[] = []
    const refusals: string[] = []
    eachAck(wire, (clientId) => acks.push(clientId))
    eachRefusal(wire, (clientId) => refusals.push(clientId))
    expect(countMessages(wire)).toBe(2)
    expect(acks).toEqual([id(1), id(2)])
    expect(refusals).toEqual([id(3)])
  })

  it('reads what each refusal says, and no more than that', () => {
    const refusals = Buffer.from(
      JSON.stringify([
        { t: 'refused', conversation: 'g', clientId: id(1), code: 'notMember', message: '' },
        {
          t: 'refused',
          conversation: 'g',
          clientId: id(2),
          code: 'overloaded',
          message: '',
          retryAfterMs: 750,
        },
        { t: 'ack', conversation: 'g', clientId: id(3), level: 'durable' },
      ]),
    )
    const first = refusalFrom(refusals, 0)
    const second = refusalFrom(refusals, first?.end ?? 0)
    expect(first).toMatchObject({ clientId: id(1), code: 'notMember', retryAfterMs: undefined })
    expect(second).toMatchObject({ clientId: id(2), code: 'overloaded', retryAfterMs: 750 })
    expect(refusalFrom(refusals, second?.end ?? 0)).toBeUndefined()
  })

  it('reads when the first event was sent', () => {
    expect(firstStamp(wire)).toBe(1001.25)
    expect(firstStamp(Buffer.from('{}'))).toBeUndefined()
  })
})
