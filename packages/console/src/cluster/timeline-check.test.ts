import type { TimelineItem } from '@skein/sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClient } from '../testing/fake-client.ts'
import { timelineItem } from '../testing/timeline-items.ts'
import { SelfCheck } from './self-check.ts'
import { checkTimeline, NO_FAULTS } from './timeline-check.ts'

/** Committed, at this position, by Ada. */
const at = (seq: number, part: Partial<TimelineItem> = {}): TimelineItem => {
  const item = timelineItem({ ...part, at: 1_000 + seq })
  return item.event === undefined ? item : { ...item, event: { ...item.event, seq, hlc: 1_000 + seq } }
}
const check = (items: readonly TimelineItem[], acknowledged: readonly string[] = []) =>
  checkTimeline(items, new Map(acknowledged.map((clientId) => [clientId, undefined])), 'ada')

test('a dense, ordered timeline has no faults, whatever still waits behind it', () => {
  fc.assert(
    fc.property(fc.nat({ max: 50 }), fc.nat({ max: 50 }), (from, count) => {
      const items = Array.from({ length: count }, (_, index) => at(from + index))
      const waiting = timelineItem({ state: 'queued' })
      const all = items.map(({ clientId }) => clientId)
      expect(check([...items, waiting], [...all, waiting.clientId])).toEqual(NO_FAULTS)
    }),
  )
})

test('whatever is taken out of the middle is counted as lost', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 40 }), fc.infiniteStream(fc.boolean()), (count, taken) => {
      const items = Array.from({ length: count }, (_, index) => at(index + 1))
      const left = items.filter((_, index) => index === 0 || index === count - 1 || !taken.next().value)
      expect(check(left)).toEqual({ ...NO_FAULTS, lost: count - left.length })
    }),
  )
})

test('an acknowledged message that is not there is lost, unless it is older than what is loaded', () => {
  const items = [at(11), at(12)]
  expect(check(items, ['gone'])).toEqual({ ...NO_FAULTS, lost: 1 })
  const origin = items[0]?.event?.origin ?? ''
  expect(checkTimeline(items, new Map([['old', { origin, seq: 3 }]]), 'ada')).toEqual(NO_FAULTS)
})

test('what stands twice and what stands in the wrong place is counted', () => {
  const [one, two, three] = [at(1), at(2), at(3)]
  expect(check([one, two, two, three]).doubled).toBe(2)
  expect(check([one, at(2), at(2), three]).doubled).toBe(1)
  expect(check([two, one, three])).toMatchObject({ outOfOrder: 2, doubled: 0 })
})

test('who comes back to a group does not miss what was said without them', () => {
  const added = (user: string): Partial<TimelineItem> => ({
    kind: 'member',
    body: { change: 'add', members: [{ user, role: 'member' }] },
  })
  expect(check([at(1), at(9, added('ada')), at(10)])).toEqual(NO_FAULTS)
  expect(check([at(1), at(9, added('ken'))]).lost).toBe(7)
})

test('the page counts what is acknowledged, and misses it when it goes', async () => {
  const client = new FakeClient('ada', [{ id: 'c', type: 'direct', members: [], items: [] }])
  const selfCheck = new SelfCheck(client)
  const conversation = client.conversation('c')
  const { clientId } = conversation.send('hello')
  client.emitMessage({ conversation: 'c', clientId, state: 'sent', reason: undefined })
  client.emitMessage({ conversation: 'c', clientId, state: 'durable', reason: undefined })
  client.emitMessage({ conversation: 'c', clientId, state: 'stable', reason: undefined })
  expect(selfCheck.result()).toEqual({ ...NO_FAULTS, acknowledged: 1 })
  conversation.discard(clientId)
  expect(selfCheck.result()).toEqual({ ...NO_FAULTS, lost: 1, acknowledged: 1 })
  selfCheck.stop()
})

test('a title that is acknowledged and leaves nothing behind is no message', () => {
  const client = new FakeClient('ada', [{ id: 'c', type: 'group', members: [], items: [] }])
  const selfCheck = new SelfCheck(client)
  const conversation = client.conversation('c')
  const { clientId } = conversation.setTitle('Route')
  client.emitMessage({ conversation: 'c', clientId, state: 'sent', reason: undefined })
  conversation.discard(clientId)
  client.emitMessage({ conversation: 'c', clientId, state: 'durable', reason: undefined })
  expect(selfCheck.result()).toEqual({ ...NO_FAULTS, acknowledged: 0 })
})
