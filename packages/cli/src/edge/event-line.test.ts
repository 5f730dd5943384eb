import { expect, test } from 'vitest'
import { eventLine, isWorthALine } from './event-line.ts'

test('an ejection says why and how long', () => {
  const event = { kind: 'ejected', id: 'node-2', reason: 'slowCalls', atMs: 1_000, untilMs: 31_000 } as const
  expect(eventLine(event)).toBe('node-2 is taken out for 30 s: too many of its answers were slow.')
  expect(isWorthALine(event)).toBe(true)
})

test('a silence of the cluster says what the system said', () => {
  const why = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 10.0.0.1:7000') })
  expect(eventLine({ kind: 'clusterSilent', why })).toContain('connect ECONNREFUSED 10.0.0.1:7000')
  expect(eventLine({ kind: 'clusterSilent', why: undefined })).toContain('no answer')
})

test('a start or a death is no news beside the line of the supervisor', () => {
  expect(isWorthALine({ kind: 'left', name: 'node-1' })).toBe(false)
  expect(isWorthALine({ kind: 'health', name: 'node-1', state: 'away' })).toBe(false)
})
