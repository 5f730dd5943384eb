import { readFileSync } from 'node:fs'
import { STRATEGY_NAMES } from '@skein/resilience'
import { expect, test } from 'vitest'
import { EDGE_DRIVERS, STRATEGY_MAP, strategyTable, strategyWarning } from './strategy-map.ts'

test('docs/edge.md has the table of the code', () => {
  const guide = readFileSync(new URL('../../../docs/edge.md', import.meta.url), 'utf8')
  expect(guide).toContain(strategyTable())
})

test('every strategy has its place at every driver, and the built-in one differs nowhere', () => {
  expect(Object.keys(STRATEGY_MAP).sort()).toEqual([...STRATEGY_NAMES].sort())
  for (const strategy of STRATEGY_NAMES) {
    expect(Object.keys(STRATEGY_MAP[strategy]).sort()).toEqual([...EDGE_DRIVERS].sort())
    expect(strategyWarning(strategy, 'builtin')).toBeUndefined()
  }
})

test('a warning names the driver, the strategy, what it became, and what differs', () => {
  expect(strategyWarning('peak-ewma', 'nginx')).toBe(
    'nginx does peak-ewma as "random two least_conn": of two nodes at random the one with fewer ' +
      'connections; response times do not count.',
  )
})
