import { describe, expect, test } from 'vitest'
import type { CommitEntry } from '../../store.ts'
import { Authority } from './authority-cache.ts'
import { fastOutcomes, planFast } from './fast-plan.ts'

const NOW_MS = 1_800_000_000_000
const idAt = (ms: number, tail: number): string => {
  const hex = ms.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${tail.toString(16).padStart(12, '0')}`
}
const entry = (tail: number, change: Partial<CommitEntry> = {}): CommitEntry => ({
  app: 'a',
  conversation: 'g',
  sender: 'ann',
  authority: 'member',
  clientId: idAt(NOW_MS, tail),
  kind: 'message',
  body: '{"text":"x"}',
  ...change,
})
/** Ann and Bob are members wherever they send; `sent`: what is remembered of them. */
function plan(batch: readonly CommitEntry[], sent: readonly CommitEntry[] = []) {
  const conversations = new Map<string, Authority>()
  const known = batch.map(({ conversation }) => {
    const authority = conversations.get(conversation) ?? new Authority(3)
    conversations.set(conversation, authority)
    authority.learn('ann', true)
    authority.learn('bob', true)
    return authority
  })
  for (const one of sent) conversations.get(one.conversation)?.remember(one)
  return planFast(batch, known, NOW_MS)
}

describe('a batch takes the fast path', () => {
  test('when everything is usual, numbered by conversation', () => {
    const batch = [entry(1), entry(2, { conversation: 'h' }), entry(3, { after: idAt(NOW_MS, 1) })]
    expect(plan(batch)).toMatchObject({
      groups: [
        { conversation: 'g', version: 3, size: 2 },
        { conversation: 'h', version: 3, size: 1 },
      ],
      groupOf: [0, 1, 0],
      indexIn: [1, 1, 2],
    })
  })

  test('when what it comes after is remembered as committed', () => {
    const batch = [entry(5, { after: idAt(NOW_MS, 1) })]
    const sent = [entry(1), entry(2), entry(3), entry(4)]
    expect(plan(batch, sent)).toBeDefined()
    expect(plan(batch)).toBeUndefined()
    expect(plan(batch, [entry(1, { sender: 'bob' })])).toBeUndefined()
    expect(plan(batch, [...sent, entry(6)])).toBeUndefined()
  })

  test.each<[string, CommitEntry[]]>([
    ['a create', [entry(1, { kind: 'create' })]],
    ['a user log', [entry(1, { conversation: '@ann' })]],
    ['an old clientId', [entry(1, { clientId: idAt(NOW_MS - 14 * 24 * 3_600_000, 1) })]],
    ['a clientId that is no UUIDv7', [entry(1, { clientId: 'mine' })]],
    ['a body that is no object', [entry(1, { body: '[1]' })]],
    ['a body that is no JSON', [entry(1, { body: '{' })]],
    ['an escape that may hide NUL', [entry(1, { body: '{"text":"\\u0000"}' })]],
    ['the same send twice', [entry(1), entry(1)]],
    [
      'a successor in another conversation',
      [entry(1, { conversation: 'h' }), entry(2, { after: idAt(NOW_MS, 1) })],
    ],
    ['a successor of another sender', [entry(1, { sender: 'bob' }), entry(2, { after: idAt(NOW_MS, 1) })]],
    ['a successor before its predecessor', [entry(2, { after: idAt(NOW_MS, 1) }), entry(1)]],
  ])('but not with %s', (_name, batch) => {
    expect(plan(batch)).toBeUndefined()
  })

  test('but not when the membership is not known, or is none', () => {
    expect(planFast([entry(1)], [undefined], NOW_MS)).toBeUndefined()
    const stranger = new Authority(3)
    expect(planFast([entry(1)], [stranger], NOW_MS)).toBeUndefined()
    stranger.learn('ann', false)
    expect(planFast([entry(1)], [stranger], NOW_MS)).toBeUndefined()
    expect(planFast([entry(1, { authority: 'system' })], [stranger], NOW_MS)).toBeDefined()
  })
})

test('the answer of the fast path numbers each event behind its group and lane', () => {
  const usual = plan([entry(1), entry(2, { conversation: 'h' }), entry(3)])
  if (usual === undefined) throw new Error('this batch is usual')
  const answer = { at: 5, laneOffset: 100, seqs: [10, 20], counts: [8, 0], hlcs: [1_000, 2_000] }
  const records = fastOutcomes(usual, answer, 1, 'eu.x').flatMap((outcome) =>
    outcome.status === 'committed' ? [outcome.record] : [],
  )
  expect(records.map(({ laneOffset, event }) => [laneOffset, event.seq, event.count, event.hlc])).toEqual([
    [101, 11, 9, 1_001],
    [102, 21, 1, 2_001],
    [103, 12, 10, 1_002],
  ])
})
