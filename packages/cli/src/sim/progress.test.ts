import { expect, test } from 'vitest'
import { progressLine } from './progress.ts'

test('a long run is told of once in a hundred worlds, a short one never', () => {
  const told = (seeds: number): (string | undefined)[] =>
    Array.from({ length: seeds }, (_, at) => progressLine({ done: at + 1, seeds, violations: 2 })).filter(
      (line) => line !== undefined,
    )
  expect(told(250)).toEqual(['100 of 250 worlds, 2 violations', '200 of 250 worlds, 2 violations'])
  expect(told(100)).toEqual([])
})
