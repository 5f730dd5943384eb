import { describe, expect, it } from 'vitest'
import { checkOverload } from './check-overload.ts'
import type { LoggedEvent } from './history.ts'
import type { AnswerRecord, ServiceRecord } from './service.ts'

const CALM: ServiceRecord = {
  endMs: 10_000,
  acceptedAtMs: {},
  delivery: { fromMs: 0, boundMs: 500 },
  unbroken: [],
  moves: [],
  sendsMustNotFail: true,
  health: [],
  healthDue: [],
}

const rules = (change: Partial<ServiceRecord>, log: readonly LoggedEvent[] = []): string[] =>
  checkOverload({ log, service: { ...CALM, ...change } }).map(({ rule }) => rule)

describe('answers', () => {
  const answers = (record: AnswerRecord) => rules({ answers: { boundMs: 100, records: [record] } })
  const refused = { is: 'refused', clientId: 'c', tookMs: 1, code: 'overloaded' } as const

  it('have to come within the bound', () => {
    expect(answers({ is: 'acked', clientId: 'c', tookMs: 100 })).toEqual([])
    expect(answers({ is: 'acked', clientId: 'c', tookMs: 101 })).toEqual(['answeredLate'])
    expect(answers({ is: 'none', clientId: 'c', tookMs: 101 })).toEqual(['unanswered'])
  })

  it('that refuse say when to come back, unless coming back is of no use', () => {
    expect(answers({ ...refused, retryAfterMs: 500 })).toEqual([])
    expect(answers({ ...refused, retryAfterMs: undefined })).toEqual(['noMoment'])
    expect(answers({ ...refused, code: 'forbidden', retryAfterMs: undefined })).toEqual([])
  })
})

it('typing is not told while sends are turned away', () => {
  const shut = [{ fromMs: 100, toMs: 120 }]
  expect(rules({ soft: { shut, toldAtMs: [99, 120, 121] } })).toEqual([])
  expect(rules({ soft: { shut, toldAtMs: [110] } })).toEqual(['softServed'])
})

it('after too much everything is well again within the bound', () => {
  const why = 'a burst'
  expect(rules({ recoveries: [{ tookMs: 100, boundMs: 100, why }] })).toEqual([])
  expect(rules({ recoveries: [{ tookMs: 101, boundMs: 100, why }] })).toEqual(['notWell'])
  expect(rules({ recoveries: [{ tookMs: undefined, boundMs: 100, why }] })).toEqual(['notWell'])
})

describe('limits', () => {
  const committed = (sender: string, times: readonly number[]) => ({
    log: times.map((_, seq): LoggedEvent => ({
      conversation: sender,
      event: {
        origin: 'o',
        seq,
        hlc: seq,
        sender,
        clientId: `${seq}`,
        kind: 'message',
        body: { text: '' },
        count: 1,
        at: 0,
      },
    })),
    acceptedAtMs: Object.fromEntries(times.map((atMs, seq) => [`${sender} o:${seq}`, atMs])),
  })
  const due = { perSecond: 10, burst: 2, slackMs: 100, fromMs: 0, toMs: 10_000, why: 'it is' }
  const over = (times: readonly number[], fromMs = 0) => {
    const { log, acceptedAtMs } = committed('ann', times)
    return rules({ acceptedAtMs, limits: [{ ...due, fromMs }] }, log)
  }

  it('bear a burst, a slack of the rate, and the rate for ever', () => {
    expect(over([0, 0, 0])).toEqual([])
    expect(over([0, 0, ...Array.from({ length: 50 }, (_, index) => 100 * index)])).toEqual([])
  })

  it('are broken by any window, however well the others are', () => {
    expect(over([0, 0, 0, 0])).toEqual(['overLimit'])
    expect(over([0, 5_000, 5_010, 5_020, 5_030])).toEqual(['overLimit'])
    expect(over([0, 0, 0, 0], 1)).toEqual([])
  })

  it('are for each user', () => {
    const [ann, bob] = [committed('ann', [0, 0]), committed('bob', [0, 0])]
    const acceptedAtMs = { ...ann.acceptedAtMs, ...bob.acceptedAtMs }
    expect(rules({ acceptedAtMs, limits: [due] }, [...ann.log, ...bob.log])).toEqual([])
  })
})
