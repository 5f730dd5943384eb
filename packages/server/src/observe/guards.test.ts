import { expect, test } from 'vitest'
import { guardsToTell, type GuardStatus } from './guards.ts'

const guard = (part: Partial<GuardStatus> = {}): GuardStatus => ({
  name: 'log.lanes',
  kind: 'queue',
  state: 'idle',
  refused: 0,
  ...part,
})

test('what acts and queues that are nearly full are told, breakers first; what rests is not', () => {
  const guards = [
    guard({ name: 'resting', used: 7, bound: 10 }),
    guard({ name: 'closed', kind: 'breaker', state: 'closed', refused: 9 }),
    guard({ name: 'nearly', used: 8, bound: 10 }),
    guard({ name: 'acting', kind: 'admission', state: 'acting' }),
    guard({ name: 'open', kind: 'breaker', state: 'open' }),
    guard({ name: 'unlimited', used: 8, bound: 0 }),
    guard({ name: 'busy', kind: 'bulkhead', used: 2, bound: 2 }),
  ]
  expect(guardsToTell(guards).map(({ name }) => name)).toEqual(['open', 'nearly', 'acting'])
})

test('however much acts, a few are told', () => {
  const many = Array.from({ length: 50 }, (_, index) => guard({ name: `limit-${index}`, state: 'acting' }))
  expect(guardsToTell([...many, guard({ name: 'open', kind: 'breaker', state: 'open' })])).toHaveLength(8)
})
