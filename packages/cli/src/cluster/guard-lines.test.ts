import type { GuardStatus } from '@skein/server'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { styleFor } from '../terminal/style.ts'
import { guardLines } from './guard-lines.ts'

const plain = styleFor(false, {})
const guard = (part: Partial<GuardStatus> = {}): GuardStatus => ({
  name: 'log.lanes',
  kind: 'queue',
  state: 'idle',
  refused: 0,
  ...part,
})
const said = (part: Partial<GuardStatus>) => guardLines(guard(part), 80, plain)

test('a guard says what it is, why, how full it is and what it turned away', () => {
  const reason = '5 failures in a row, tries again in 2 s'
  expect(said({ name: 'database.commits', kind: 'breaker', state: 'open', reason, refused: 120 })).toEqual([
    '  ▲ database.commits breaker open: 5 failures in a row, tries again in 2 s; 120',
    '    refused so far',
  ])
  expect(said({ used: 19_000, bound: 20_000, unit: 'entries' })).toEqual([
    '  ▲ log.lanes queue nearly full: 19000 of 20000 entries',
  ])
  expect(
    said({ name: 'admission', kind: 'admission', state: 'acting', used: 0.625, unit: 'admitted' }),
  ).toEqual(['  ▲ admission acts: 0.63 admitted'])
  expect(said({ kind: 'concurrency', state: 'acting' })).toEqual(['  ▲ log.lanes concurrency limit acts'])
})

test('whatever a guard says, no line is wider than 80 columns', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z.]{1,40}$/),
      fc.stringMatching(/^[a-z ]{1,200}$/),
      fc.nat(),
      (name, reason, refused) => {
        for (const line of said({ name, reason, refused, state: 'acting' }))
          expect(line.length).toBeLessThanOrEqual(
            Math.max(80, ...reason.split(' ').map((word) => word.length + 4)),
          )
      },
    ),
  )
})
