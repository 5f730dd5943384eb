import { expect, test } from 'vitest'
import { type Figures, figuresOf } from '../cluster-bed/figures.ts'
import { deliversWithin, failuresOf, gapsWithin, resumesWithin, ZEROS } from './expectations.ts'

const figures: Figures = {
  ...figuresOf({ traces: [], faults: [], fromMs: 0, untilMs: 10_000, sends: [], violations: [] }),
  resumeMsP99: 1_500,
  controlMsP99: 500,
  deliveryMsMax: 700,
}

test('each of what holds always is looked at by itself', () => {
  expect(failuresOf(figures, ZEROS)).toEqual([])
  const worse = { ...figures, lost: 1, duplicates: 1, orderViolations: 1, failedSends: 1, sends: 1 }
  expect(failuresOf(worse, ZEROS)).toHaveLength(ZEROS.length)
})

test('an expectation holds at its edge and not beyond', () => {
  const expected = [resumesWithin(1_000), gapsWithin(0), deliversWithin(700)]
  expect(failuresOf(figures, expected)).toEqual([])
  const worse = { ...figures, resumeMsP99: 1_501, maxGapMs: 1, deliveryMsMax: 701 }
  expect(failuresOf(worse, expected)).toHaveLength(expected.length)
})
