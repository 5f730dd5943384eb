import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timelineItem } from '../testing/timeline-items.ts'
import { blocksOf, unseenAfter } from './blocks.ts'

const noon = new Date(2026, 10, 20, 12).getTime()
const minute = 60_000

test('messages of one sender run together, a pause or somebody else begins a new run', () => {
  const blocks = blocksOf(
    [
      timelineItem({ at: noon }),
      timelineItem({ at: noon + minute }),
      timelineItem({ at: noon + 2 * minute, sender: 'grace' }),
      timelineItem({ at: noon + 3 * minute }),
      timelineItem({ at: noon + 30 * minute }),
    ],
    'ada',
  )
  expect(
    blocks.map((block) => (block.type === 'run' ? `${block.sender} ${block.items.length}` : block.type)),
  ).toEqual(['day', 'ada 2', 'grace 1', 'ada 1', 'ada 1'])
})

test('each day has one separator, also when a queued message is older than what stands above it', () => {
  const blocks = blocksOf(
    [
      timelineItem({ at: noon - 24 * 60 * minute }),
      timelineItem({ at: noon }),
      timelineItem({ at: noon - 20 * 60 * minute, state: 'queued' }),
    ],
    'ada',
  )
  expect(blocks.filter(({ type }) => type === 'day')).toHaveLength(2)
})

test('kinds that are not known are left out, the creation of a direct conversation too', () => {
  expect(
    blocksOf(
      [
        timelineItem({ kind: 'poll' }),
        timelineItem({ kind: 'create', body: { type: 'direct', with: 'ken' } }),
      ],
      'ada',
    ),
  ).toEqual([])
})

test('every message stands in exactly one run, in order, under a unique key', () => {
  const item = fc.record({
    sender: fc.constantFrom('ada', 'grace'),
    at: fc.integer({ min: noon, max: noon + 3 * 24 * 60 * minute }),
    kind: fc.constantFrom('message', 'message', 'title'),
  })
  fc.assert(
    fc.property(fc.array(item), (parts) => {
      const items = parts.map((part) => timelineItem({ ...part, body: { title: 't', text: 'x' } }))
      const blocks = blocksOf(items, 'ada')
      const shown = blocks.flatMap((block) =>
        block.type === 'run' ? block.items : block.type === 'system' ? [block.item] : [],
      )
      expect(shown).toEqual(items)
      expect(new Set(blocks.map(({ key }) => key)).size).toBe(blocks.length)
    }),
  )
})

test('only messages of others behind the last seen one are new', () => {
  const seen = timelineItem({ sender: 'grace' })
  const items = [
    timelineItem({ sender: 'grace' }),
    seen,
    timelineItem({ sender: 'grace' }),
    timelineItem(),
    timelineItem({ kind: 'title', sender: 'grace' }),
  ]
  expect(unseenAfter(items, seen.id, 'ada')).toBe(1)
  expect(unseenAfter(items, items.at(-1)?.id, 'ada')).toBe(0)
})
