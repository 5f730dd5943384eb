import { expect, test } from 'vitest'
import { timelineItem } from '../testing/timeline-items.ts'
import { previewText, systemText, wasRemoved } from './system-text.ts'

const said = (kind: string, body: ReturnType<typeof timelineItem>['body'], sender = 'ada', me = 'grace') =>
  systemText(timelineItem({ kind, body, sender }), me)

test('changes of a group read as sentences', () => {
  expect(said('create', { type: 'group', title: 'Flight', members: [] })).toBe(
    'Ada created the group “Flight”',
  )
  expect(said('create', { type: 'group', members: [] }, 'grace')).toBe('You created the group')
  expect(said('member', { change: 'add', members: [{ user: 'ken', role: 'member' }] })).toBe('Ada added Ken')
  expect(said('member', { change: 'remove', user: 'grace' })).toBe('Ada removed you')
  expect(said('member', { change: 'remove', user: 'ada' })).toBe('Ada left')
  expect(said('member', { change: 'role', user: 'ken', role: 'admin' })).toBe('Ada made Ken an admin')
  expect(said('title', { title: 'Geese' })).toBe('Ada renamed the group to “Geese”')
})

test('a body of another shape says nothing instead of failing', () => {
  expect(said('member', { change: 'add', members: 'everybody' })).toBe('Ada added nobody')
  expect(said('member', {})).toBeUndefined()
  expect(said('create', { type: 'direct', with: 'grace' })).toBeUndefined()
})

test('previews say who spoke where it is not obvious', () => {
  const item = timelineItem({ text: 'two\nlines' })
  expect(previewText(item, 'ada', true)).toBe('You: two lines')
  expect(previewText(item, 'grace', true)).toBe('two lines')
  expect(previewText(item, 'grace', false)).toBe('Ada: two lines')
})

test('a removal counts once committed, until the user is added again', () => {
  const removed = timelineItem({ kind: 'member', body: { change: 'remove', user: 'grace' } })
  const added = timelineItem({
    kind: 'member',
    body: { change: 'add', members: [{ user: 'grace', role: 'member' }] },
  })
  const waiting = timelineItem({ kind: 'member', body: { change: 'remove', user: 'grace' }, state: 'queued' })
  expect(wasRemoved([removed], 'grace')).toBe(true)
  expect(wasRemoved([removed], 'ken')).toBe(false)
  expect(wasRemoved([removed, added], 'grace')).toBe(false)
  expect(wasRemoved([waiting], 'grace')).toBe(false)
})
