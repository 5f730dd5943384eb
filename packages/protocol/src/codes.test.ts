import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CLOSE, closeAction, ERROR_CODES, ERRORS, remedyFor, type CloseAction } from './codes.ts'

const ranges: readonly [CloseAction, number, number][] = [
  ['giveUp', 4000, 4099],
  ['reauthenticate', 4100, 4199],
  ['retry', 4200, 4299],
  ['retryElsewhere', 4300, 4399],
  ['wait', 4400, 4499],
]

describe('close codes', () => {
  test.each(ranges)('CLOSE1 %s from %d to %d, both included', (action, from, to) => {
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), (code) => {
        expect(closeAction(code)).toBe(action)
      }),
    )
    expect([closeAction(from), closeAction(to)]).toEqual([action, action])
  })

  test('CLOSE2 every other code is retried', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ max: 3999 }), fc.integer({ min: 4500 })), (code) => {
        expect(closeAction(code)).toBe('retry')
      }),
    )
    for (const code of [1000, 1001, 1006, 1011, 3999, 4500]) expect(closeAction(code)).toBe('retry')
  })

  test.each([
    ['CLOSE3 protocolError', CLOSE.protocolError, 4000, 'giveUp'],
    ['CLOSE3 messageTooBig', CLOSE.messageTooBig, 4001, 'giveUp'],
    ['CLOSE3 unsupportedVersion', CLOSE.unsupportedVersion, 4002, 'giveUp'],
    ['CLOSE4 unauthenticated', CLOSE.unauthenticated, 4100, 'reauthenticate'],
    ['CLOSE4 tokenExpired', CLOSE.tokenExpired, 4101, 'reauthenticate'],
    ['CLOSE4 revoked', CLOSE.revoked, 4102, 'reauthenticate'],
    ['CLOSE5 handshakeTimeout', CLOSE.handshakeTimeout, 4200, 'retry'],
    ['CLOSE5 heartbeatTimeout', CLOSE.heartbeatTimeout, 4201, 'retry'],
    ['CLOSE5 internal', CLOSE.internal, 4202, 'retry'],
    ['CLOSE5 superseded', CLOSE.superseded, 4203, 'retry'],
    ['CLOSE6 draining', CLOSE.draining, 4300, 'retryElsewhere'],
    ['CLOSE6 overloaded', CLOSE.overloaded, 4400, 'wait'],
    ['CLOSE6 tooFast', CLOSE.tooFast, 4401, 'wait'],
  ])('%s', (_name, code, number, action) => {
    expect(code).toBe(number)
    expect(closeAction(code)).toBe(action)
  })
})

describe('error codes', () => {
  const byRemedy = {
    fix: ['malformed', 'unknownFrame', 'tooLarge', 'unstorable', 'clockSkew', 'protocolError'],
    giveUp: [
      'notMember',
      'forbidden',
      'conversationUnknown',
      'conversationExists',
      'userUnknown',
      'clientIdReused',
      'expired',
    ],
    retry: ['reset', 'outOfOrder', 'unavailable', 'indeterminate', 'overloaded', 'tooFast', 'internal'],
    reauthenticate: ['unauthenticated', 'tokenExpired', 'revoked'],
    retryElsewhere: ['draining'],
  } as const

  test.each(Object.entries(byRemedy))('ERR3 to ERR6 %s', (remedy, codes) => {
    expect(ERROR_CODES.filter((code) => ERRORS[code] === remedy).sort()).toEqual([...codes].sort())
    for (const code of codes) expect(remedyFor(code)).toBe(remedy)
  })

  test('VER5 an unknown code is given up, one that an object happens to have as well', () => {
    for (const code of ['', 'quotaUsedUp', 'toString', 'constructor', '__proto__'])
      expect(remedyFor(code)).toBe('giveUp')
  })
})
