import { expect, test } from 'vitest'
import { largestDeviation } from './new-connections.ts'

test('counts in proportion deviate by nothing, others by the largest relative difference', () => {
  expect(largestDeviation([40, 30, 20, 10], [100, 75, 50, 25])).toBe(0)
  expect(largestDeviation([40, 30, 15, 15], [100, 75, 50, 25])).toBeCloseTo(0.5)
  expect(largestDeviation([100, 0], [1, 1])).toBe(1)
})
