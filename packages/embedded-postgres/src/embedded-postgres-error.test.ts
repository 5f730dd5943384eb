import { describe, expect, test } from 'vitest'
import { failureFromLog } from './embedded-postgres-error.ts'

describe('what PostgreSQL says when it fails', () => {
  test.each([
    ['initdb: error: could not write file: No space left on device', 'diskFull'],
    ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'portBusy'],
    ['FATAL:  could not load library', 'cannotStart'],
  ] as const)('%s is %s', (log, reason) => {
    expect(failureFromLog(log, 'start').reason).toBe(reason)
  })

  test('the message ends with its last lines', () => {
    expect(failureFromLog('one\ntwo\nthree\nfour\nfive\nsix', 'start').message).toMatch(
      /two\nthree\nfour\nfive\nsix$/,
    )
  })
})
