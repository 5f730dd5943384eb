import type { Remedy } from '@skein/core'

/**
 * Close codes are ranges; a client that does not know a code acts on its range (SPEC, CLOSE rules).
 *
 * | range     | what the client does next                                  |
 * |-----------|------------------------------------------------------------|
 * | 4000–4099 | gives up: the same input would fail again, fix it           |
 * | 4100–4199 | re-authenticates: asks the app for a new token, then retries |
 * | 4200–4299 | retries here or elsewhere, with backoff                     |
 * | 4300–4399 | retries elsewhere: this node is leaving                     |
 * | 4400–4499 | waits `retryAfterMs` of the last `error` frame, then retries |
 */
export const CLOSE = {
  protocolError: 4000,
  messageTooBig: 4001,
  unsupportedVersion: 4002,
  unauthenticated: 4100,
  tokenExpired: 4101,
  revoked: 4102,
  handshakeTimeout: 4200,
  heartbeatTimeout: 4201,
  internal: 4202,
  superseded: 4203,
  draining: 4300,
  overloaded: 4400,
  tooFast: 4401,
} as const

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE]

export type CloseAction = 'giveUp' | 'reauthenticate' | 'retry' | 'retryElsewhere' | 'wait'

/** What to do after a close with `code`; codes of the WebSocket protocol itself (1xxx) mean retry. */
export function closeAction(code: number): CloseAction {
  if (code >= 4000 && code < 4100) return 'giveUp'
  if (code >= 4100 && code < 4200) return 'reauthenticate'
  if (code >= 4300 && code < 4400) return 'retryElsewhere'
  if (code >= 4400 && code < 4500) return 'wait'
  return 'retry'
}

/** Codes of `refused` and `error` frames, and what the sender should do about each. */
export const ERRORS = {
  // the frame or its content is wrong
  malformed: 'fix',
  unknownFrame: 'fix',
  tooLarge: 'fix',
  unstorable: 'fix',
  // the state of things is against it
  notMember: 'giveUp',
  forbidden: 'giveUp',
  conversationUnknown: 'giveUp',
  conversationExists: 'giveUp',
  userUnknown: 'giveUp',
  clientIdReused: 'giveUp',
  expired: 'giveUp',
  clockSkew: 'fix',
  reset: 'retry',
  // not now
  outOfOrder: 'retry',
  unavailable: 'retry',
  indeterminate: 'retry',
  overloaded: 'retry',
  tooFast: 'retry',
  // the session
  unauthenticated: 'reauthenticate',
  tokenExpired: 'reauthenticate',
  revoked: 'reauthenticate',
  draining: 'retryElsewhere',
  protocolError: 'fix',
  internal: 'retry',
} as const satisfies Record<string, Remedy>

export type ErrorCode = keyof typeof ERRORS
export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)

/** What to do about `code`; an unknown one is given up (SPEC: an older client meets a newer server). */
export const remedyFor = (code: string): Remedy => (isErrorCode(code) ? ERRORS[code] : 'giveUp')
