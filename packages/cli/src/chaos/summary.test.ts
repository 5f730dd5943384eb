import type { ChaosReport } from '@skein/testkit'
import { expect, test } from 'vitest'
import { styleFor } from '../terminal/style.ts'
import { chaosSummary, chaosTable } from './summary.ts'

const plain = styleFor(false, {})

const report = (more: Partial<ChaosReport>): ChaosReport => ({
  scenario: 'node-kill',
  seed: 7,
  ok: true,
  failures: [],
  violations: [],
  measured: {},
  figures: {
    sends: 500,
    acknowledged: 500,
    deliveries: 3_000,
    lost: 0,
    duplicates: 0,
    orderViolations: 0,
    failedSends: 0,
    resumeMsP50: 300,
    resumeMsP99: 900,
    resumeMsMax: 900,
    controlMsP99: 500,
    maxGapMs: 190,
    disconnects: 20,
    deliveryMsP50: 20,
    deliveryMsP99: 300,
    deliveryMsMax: 700,
  },
  ends: {},
  stallMsMax: 12,
  faults: [{ what: 'kill -9 node-2', atMs: 3_002 }],
  elapsedMs: 21_400,
  ...more,
})

test('a scenario that passed takes one line', () => {
  expect(chaosSummary(report({}), plain)).toEqual(['✓ node-kill (seed 7, 21 s)'])
})

test('one that failed says what was done, what does not hold, and how to see it again', () => {
  const failed = report({ ok: false, failures: ['nothing is lost'], violations: ['P1 acknowledgedLost: x'] })
  expect(chaosSummary(failed, plain)).toEqual([
    '✗ node-kill (seed 7, 21 s)',
    '    3.0 s  kill -9 node-2',
    '    does not hold: nothing is lost',
    '    P1 acknowledgedLost: x',
    '    skein chaos node-kill --seed 7',
  ])
})

test('the table ends with the verdict', () => {
  expect(chaosTable([report({})], plain).at(-1)).toBe('✓ every promise held')
  const reports = [report({}), report({ scenario: 'redis-hang', ok: false })]
  expect(chaosTable(reports, plain).at(-1)).toBe('✗ 1 of 2 failed: redis-hang (seed 7)')
})

test('a scenario that could not be played counts as failed, and says why', () => {
  const unplayed = {
    scenario: 'redis-kill',
    seed: 7,
    ok: false,
    why: 'redis-kill could not be played: x',
  } as const
  expect(chaosSummary(unplayed, plain)).toEqual(['✗ redis-kill could not be played: x'])
  expect(chaosTable([report({}), unplayed], plain).at(-1)).toBe('✗ 1 of 2 failed: redis-kill (seed 7)')
})
