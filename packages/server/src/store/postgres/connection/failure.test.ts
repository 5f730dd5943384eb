import { describe, expect, test } from 'vitest'
import { isDataError, isStatementError, storeErrorOf, type Phase } from './failure.ts'

const failure = (code: string | undefined, message = 'it failed'): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code })

describe('what a failure of the database means', () => {
  test.each<[string, Error, Phase, string]>([
    ['a wrong password', failure('28P01'), 'open', 'configuration'],
    ['a database that does not exist', failure('3D000'), 'open', 'configuration'],
    ['a host that does not exist', failure('ENOTFOUND'), 'open', 'configuration'],
    [
      'a missing password',
      failure(undefined, 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      'open',
      'configuration',
    ],
    ['a refused connection', failure('ECONNREFUSED'), 'open', 'unavailable'],
    ['a database that starts up', failure('57P03'), 'open', 'unavailable'],
    ['a lost connection while reading', failure('ECONNRESET'), 'read', 'unavailable'],
    ['a lost connection while writing', failure('ECONNRESET'), 'write', 'indeterminate'],
    [
      'a connection that ended while writing',
      failure(undefined, 'Connection terminated unexpectedly'),
      'write',
      'indeterminate',
    ],
    [
      'a deadline that passed while writing',
      failure(undefined, 'Query read timeout'),
      'write',
      'indeterminate',
    ],
    ['an administrator who ends the connection while writing', failure('57P01'), 'write', 'indeterminate'],
    ['a lock that was not to be had', failure('55P03'), 'write', 'unavailable'],
    ['a statement that took too long', failure('57014'), 'write', 'unavailable'],
    ['a full disk', failure('53100'), 'write', 'unavailable'],
    ['a table that is missing', failure('42P01'), 'read', 'incompatible'],
  ])('%s', (_name, error, phase, reason) => {
    expect(storeErrorOf(error, phase).reason).toBe(reason)
  })

  test('only an answer to the statement leaves the connection usable', () => {
    expect(isStatementError(failure('23505'))).toBe(true)
    expect(isStatementError(failure('57P01'))).toBe(false)
    expect(isStatementError(failure('ECONNRESET'))).toBe(false)
  })

  test('NUL in a text is the fault of the data', () => {
    expect(isDataError(failure('22021'))).toBe(true)
    expect(isDataError(failure('23505'))).toBe(false)
  })
})
