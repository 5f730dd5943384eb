import { expect, test } from 'vitest'
import type { SimViolation } from './run-sim.ts'
import { violatingSeeds } from './violating-seeds.ts'

const violation = (
  seed: number,
  promise: SimViolation['promise'],
  rule: string,
  message: string,
): SimViolation => ({ seed, promise, rule, message, rerun: `skein sim --seed ${seed} --seeds 1` })

test('each seed is told once, with each rule that it broke and how often', () => {
  expect(
    violatingSeeds([
      violation(7, 'P4', 'gap', 'the first'),
      violation(7, 'P1', 'missing', 'gone'),
      violation(7, 'P4', 'gap', 'the second'),
      violation(9, 'P4', 'gap', 'elsewhere'),
    ]),
  ).toEqual([
    {
      seed: 7,
      rerun: 'skein sim --seed 7 --seeds 1',
      broken: [
        { promise: 'P4', rule: 'gap', times: 2, message: 'the first' },
        { promise: 'P1', rule: 'missing', times: 1, message: 'gone' },
      ],
    },
    {
      seed: 9,
      rerun: 'skein sim --seed 9 --seeds 1',
      broken: [{ promise: 'P4', rule: 'gap', times: 1, message: 'elsewhere' }],
    },
  ])
})

test('where every promise held there is no seed to tell', () => {
  expect(violatingSeeds([])).toEqual([])
})
