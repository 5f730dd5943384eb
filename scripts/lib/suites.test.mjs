import { expect, test } from 'vitest'
import { countReport, sum } from './suites.mjs'

const report = (counts, files = []) => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  ...counts,
  testResults: files,
})

test('passed, failed and skipped tests are counted, and todo ones count as skipped', () => {
  const counts = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 }
  expect(countReport(report(counts), 1)).toEqual({ passed: 5, failed: 1, skipped: 3 })
})

test('a file that does not load is a failure, though none of its tests ran', () => {
  const broken = { status: 'failed', assertionResults: [] }
  const passed = { status: 'passed', assertionResults: [{}] }
  expect(countReport(report({ numPassedTests: 1 }, [passed, broken]), 1)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
  })
})

test('a run that ends badly although every test passed is a failure', () => {
  expect(countReport(report({ numPassedTests: 3 }), 1)).toEqual({ passed: 3, failed: 1, skipped: 0 })
})

test('counts add up', () => {
  const a = { passed: 1, failed: 2, skipped: 3 }
  expect(sum(a, a)).toEqual({ passed: 2, failed: 4, skipped: 6 })
})
