import { describe, expect, test } from 'vitest'
import type { BusHarness, OpenedBus } from './bus-harness.ts'
import { join, Member, record, records, until } from './member.ts'

/** A bus that is away or silent is known as such after this. */
const NOTICED_MS = 3_000
/** The smallest step that is measured: polling, and timers on a busy machine. */
const SLACK_MS = 400

interface Failure {
  readonly name: string
  strike(harness: BusHarness): Promise<void> | void
  heal(harness: BusHarness): Promise<void> | void
}

const FAILURES: readonly Failure[] = [
  { name: 'dies', strike: (harness) => harness.kill(), heal: (harness) => harness.revive() },
  { name: 'hangs', strike: (harness) => harness.hang(), heal: (harness) => harness.resume() },
  {
    name: 'swallows what it should tell',
    strike: (harness) => harness.deafen(),
    heal: (harness) => harness.undeafen(),
  },
]

export function failures(opened: OpenedBus): void {
  describe.each(FAILURES)('a bus that $name', ({ strike, heal }) => {
    test('is down within 3 s, takes nothing meanwhile, and comes back with all subscriptions', async () => {
      const harness = opened()
      const [ann, ben] = [await join(harness, 'a'), await join(harness, 'b')]
      await ben.subscribe('back', 'before')
      await ben.subscribe('back', 'dropped')

      const struckMs = harness.nowMs()
      await strike(harness)
      const bothDown = (): boolean => ann.bus.state === 'down' && ben.bus.state === 'down'
      await until(harness, 'both notice', bothDown, NOTICED_MS + SLACK_MS)
      expect(harness.nowMs() - struckMs).toBeLessThan(NOTICED_MS + SLACK_MS)
      expect(ben.changes.at(-1)).toMatchObject({ state: 'down', message: expect.any(String) })

      const { dropped } = ann.bus.counters
      for (let turn = 0; turn < 100; turn++) ann.bus.publish(records('back', 'before', 1, 100))
      expect(ann.bus.counters.dropped - dropped).toBe(10_000)
      expect(ann.bus.send({ to: 'all' }, {})).toBe(false)
      expect(await ben.subscribe('back', 'meanwhile')).toBe(false)
      ben.bus.unsubscribe('back', 'dropped')

      await heal(harness)
      await Promise.all([ann.isUp(), ben.isUp()])
      ben.hints.length = 0
      ann.bus.publish(['before', 'meanwhile', 'dropped'].map((name) => record('back', name, 101)))
      await until(harness, 'hints arrive again', () => ben.hints.length === 2)
      expect(ben.hints.map(({ conversation, seq }) => [conversation, seq])).toEqual(
        expect.arrayContaining([
          ['before', 101],
          ['meanwhile', 101],
        ]),
      )
      expect(ben.changes.map(({ state }) => state)).toEqual(['up', 'down', 'up'])
      expect(ben.bus.counters.losses).toBeGreaterThan(0)
    })
  })

  describe('a bus that is away', () => {
    test('keeps nobody from starting, and is found once it is there', async () => {
      const harness = opened()
      await harness.kill()
      const ann = new Member(harness, 'a')
      expect(ann.bus.state).toBe('connecting')
      ann.start()
      expect(await ann.subscribe('late', 'one')).toBe(false)
      await until(harness, 'it is down', () => ann.bus.state === 'down')
      await harness.revive()
      await ann.isUp()
      const ben = await join(harness, 'b')
      ben.bus.publish([record('late', 'one', 1)])
      await until(harness, 'the hint arrives', () => ann.hints.length === 1)
    })

    test('does not leave those hanging who wait for a subscription', async () => {
      const harness = opened()
      const ann = await join(harness, 'a')
      await harness.hang()
      const answers: boolean[] = []
      for (const name of ['one', 'two'])
        void ann.bus.subscribe('wait', name).then((answer) => answers.push(answer))
      await until(harness, 'it is down', () => ann.bus.state === 'down')
      await until(harness, 'both are answered', () => answers.length === 2, 100)
      await harness.resume()
      await ann.isUp()
      expect(await ann.subscribe('wait', 'one')).toBe(true)
    })

    test('can be stopped, and stays stopped', async () => {
      const harness = opened()
      const ann = await join(harness, 'a')
      await harness.kill()
      await until(harness, 'it is down', () => ann.bus.state === 'down')
      await ann.bus.stop()
      await harness.revive()
      expect(await harness.until(() => ann.bus.state === 'up', 1_500)).toBe(false)
    })
  })
}
