import { FAULT_KINDS, type SimReport, type ViolatingSeed } from '@skein/testkit'
import { expect, test } from 'vitest'
import { styleFor } from '../terminal/style.ts'
import { simSummary } from './summary.ts'

const report = (violatingSeeds: readonly ViolatingSeed[]): SimReport => ({
  ok: violatingSeeds.length === 0,
  firstSeed: 1,
  seeds: 200,
  nodes: 600,
  migrations: 800,
  operations: 40_000,
  sends: 70_000,
  acknowledged: 67_000,
  logged: 69_000,
  deliveries: 220_000,
  events: 2_500_000,
  faults: Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 1])) as SimReport['faults'],
  violatingSeeds,
  violations: violatingSeeds.flatMap(({ seed, rerun, broken }) =>
    broken.flatMap(({ promise, rule, message, times }) =>
      Array.from({ length: times }, () => ({ seed, rerun, promise, rule, message })),
    ),
  ),
  elapsedMs: 61_234,
})

const violatingSeed = (seed: number, times: number): ViolatingSeed => ({
  seed,
  rerun: `skein sim --seed ${seed} --seeds 1`,
  broken: [{ promise: 'P4', rule: 'gap', times, message: 'a:1 was never delivered' }],
})

const told = (seeds: readonly ViolatingSeed[]): readonly string[] =>
  simSummary(report(seeds), styleFor(false, {}))

test('where every promise held it says so in the last line', () => {
  expect(told([]).at(-1)).toBe('✓ every promise held')
})

test('a seed is told with promise, rule and the command that runs it again', () => {
  expect(told([violatingSeed(7, 3)]).slice(-4)).toEqual([
    '✗ seed 7',
    '  P4 gap, 3 times: a:1 was never delivered',
    '  skein sim --seed 7 --seeds 1',
    '✗ 3 violations in 1 of 200 worlds',
  ])
})

test('a seed that breaks a hundred times hides no other', () => {
  expect(told([violatingSeed(7, 100), violatingSeed(9, 1)])).toContain('  skein sim --seed 9 --seeds 1')
})

test('of many seeds the first are told, and how many more there are', () => {
  const lines = told(Array.from({ length: 23 }, (_, seed) => violatingSeed(seed, 1)))
  expect(lines.filter((line) => line.startsWith('✗ seed'))).toHaveLength(20)
  expect(lines).toContain('… and 3 more seeds; --json lists all')
})
