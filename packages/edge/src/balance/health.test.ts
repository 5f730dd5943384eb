import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judge, NEW_HEALTH, type Observation } from './health.ts'

const after = (...seen: readonly Observation[]) => seen.reduce(judge, NEW_HEALTH).state

test('what a node says of itself counts at once', () => {
  expect(after('unready')).toBe('unready')
  expect(after('unready', 'ready')).toBe('ready')
})

test('a refused connection is a dead process, one silence is not', () => {
  expect(after('refused')).toBe('away')
  expect(after('silent')).toBe('ready')
  expect(after('silent', 'silent')).toBe('away')
  expect(after('silent', 'ready', 'silent')).toBe('ready')
  expect(after('unready', 'silent')).toBe('unready')
})

const observations = fc.array(fc.constantFrom<Observation>('ready', 'unready', 'refused', 'silent'))

test('whatever was seen before, a clear word is believed', () => {
  fc.assert(
    fc.property(observations, (seen) => {
      expect(after(...seen, 'ready')).toBe('ready')
      expect(after(...seen, 'refused')).toBe('away')
      expect(after(...seen, 'silent', 'silent')).toBe('away')
    }),
  )
})
