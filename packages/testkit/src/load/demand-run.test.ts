import { describe, expect, test } from 'vitest'
import type { DemandPlan, DemandResult } from './demand-plan.ts'
import { DemandRun } from './demand-run.ts'

interface SentFrame {
  readonly clientId: string
  readonly after?: string
}

const PLAN: DemandPlan = {
  users: [{ connection: 7, conversation: 'pair' }],
  pace: { loop: 'open', perSecond: 10 },
  manners: 'patient',
  bodyBytes: 100,
  patienceMs: 2_000,
  warmUpMs: 0,
  measureMs: 10_000,
  drainMs: 1_000,
}

/** A clock that moves with every sleep, and a server that says of each message what the test says. */
async function measured(
  plan: DemandPlan,
  answer: (frame: SentFrame, nowMs: number) => object,
): Promise<DemandResult & { readonly messages: readonly (readonly SentFrame[])[] }> {
  let nowMs = 1_700_000_000_000
  let serial = 0
  const messages: SentFrame[][] = []
  const answers: object[] = []
  const startMs = nowMs
  const run = new DemandRun(plan, {
    nowMs: () => nowMs,
    nextSerial: () => serial++,
    send(_, text) {
      const frames = [JSON.parse(text) as SentFrame | SentFrame[]].flat()
      messages.push(frames)
      answers.push(...frames.map((frame) => answer(frame, nowMs - startMs)))
    },
    // What measures sleeps for long, what paces for a tick: the short ones carry the time.
    async sleep(ms) {
      const wakeMs = nowMs + ms
      if (ms <= 50) nowMs = wakeMs
      const hear = async (): Promise<void> => {
        await Promise.resolve()
        const due = answers.splice(0)
        if (due.length > 0) run.received(Buffer.from(JSON.stringify(due)), 7)
        if (nowMs < wakeMs) await hear()
      }
      await hear()
    },
  })
  return { ...(await run.run(() => 0)), messages }
}

const ack = ({ clientId }: SentFrame): object => ({ t: 'ack', conversation: 'pair', clientId })
const refusal = ({ clientId }: SentFrame, retryAfterMs: number): object => ({
  t: 'refused',
  conversation: 'pair',
  clientId,
  code: 'overloaded',
  message: '',
  retryAfterMs,
})

describe('a demand', () => {
  test('that is served is good, each once', async () => {
    const result = await measured(PLAN, ack)
    expect(result.wanted).toBeGreaterThanOrEqual(99)
    expect(result.good).toBe(result.acked)
    expect(result.good).toBeGreaterThanOrEqual(98)
    expect(new Set(result.ackedSerials).size).toBe(result.ackedSerials.length)
    expect([result.refused, result.unanswered]).toEqual([0, 0])
  })

  test('that is turned away waits as long as it was told, and comes in order, the first alone', async () => {
    const { messages, ...result } = await measured(PLAN, (frame, nowMs) =>
      nowMs < 1_000 ? refusal(frame, 1_500) : ack(frame),
    )
    expect(messages[0]).toHaveLength(1)
    expect(messages[1]).toEqual(messages[0])
    expect(messages[2]?.length).toBeGreaterThanOrEqual(13)
    const chain = messages[2] ?? []
    for (const [index, frame] of chain.entries()) expect(frame.after).toBe(chain[index - 1]?.clientId)
    expect(result.refused).toBe(1)
    expect(result.good).toBe(result.acked)
  })

  test('what is acknowledged too late is not good', async () => {
    const result = await measured(PLAN, (frame, nowMs) =>
      nowMs < 1_000 ? refusal(frame, 5_000) : ack(frame),
    )
    expect(result.acked).toBeGreaterThan(90)
    // What was wanted in the three seconds before that went out had waited for too long.
    expect(result.acked - result.good).toBeGreaterThanOrEqual(29)
    expect(result.acked - result.good).toBeLessThanOrEqual(32)
  })

  test('whoever is rude sends at once whatever he was told, and each message once', async () => {
    const { messages, ...result } = await measured({ ...PLAN, manners: 'rude' }, (frame) =>
      refusal(frame, 5_000),
    )
    expect(messages.every((frames) => frames.length === 1)).toBe(true)
    expect(new Set(messages.flat().map(({ clientId }) => clientId)).size).toBe(messages.length)
    expect(result.good).toBe(0)
    expect(result.refused).toBeGreaterThanOrEqual(98)
  })
})
