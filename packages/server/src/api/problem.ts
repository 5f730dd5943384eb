import { SkeinError } from '@skein/core'
import type { RefusalCode } from '../store/store.ts'

/** An error answer (RFC 9457). */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  /** The part of the request that is wrong, as `body/members/0/user`. */
  readonly field?: string
  readonly retryAfterMs?: number
}

const PROBLEMS = {
  malformed: [400, 'The request is malformed'],
  unauthenticated: [401, 'The key is missing or wrong'],
  forbidden: [403, 'Not allowed'],
  notMember: [403, 'Not a member of the conversation'],
  notFound: [404, 'There is nothing here'],
  conversationUnknown: [404, 'The conversation does not exist'],
  memberUnknown: [404, 'The user is not a member of the conversation'],
  userUnknown: [404, 'The user does not exist'],
  nodeUnknown: [404, 'The cluster has no such node'],
  conversationExists: [409, 'The conversation exists already'],
  clientIdReused: [409, 'The clientId was used for something else'],
  outOfOrder: [409, 'A preceding send is not committed yet'],
  idempotencyRunning: [409, 'The first request with this Idempotency-Key is under way'],
  notServing: [409, 'The node does not serve'],
  alreadyDraining: [409, 'The node drains already'],
  anotherDrains: [409, 'Another node drains'],
  lastReadyNode: [409, 'This is the last ready node'],
  tokensNotSigned: [409, 'This server does not sign tokens'],
  tooLarge: [413, 'The request is too large'],
  unsupportedMediaType: [415, 'Send JSON'],
  clockSkew: [422, 'Clocks differ too much'],
  expired: [422, 'The clientId is too old'],
  idempotencyKeyReused: [422, 'The Idempotency-Key was used for another request'],
  unstorable: [422, 'The request holds text that cannot be stored'],
  tooFast: [429, 'Too many requests'],
  internal: [500, 'Something went wrong here'],
  indeterminate: [503, 'It is not known whether the request took effect'],
  nodeUnreachable: [503, 'The node does not answer'],
  overloaded: [503, 'The server is overloaded'],
  draining: [503, 'This server is stopping'],
  unavailable: [503, 'The database is away'],
} as const satisfies Record<RefusalCode, readonly [number, string]> &
  Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof PROBLEMS

/** Thrown by handlers; the error handler sends it. */
export class ApiProblem extends Error {
  override name = 'ApiProblem'
  readonly problem: Problem

  constructor(code: ProblemCode, detail: string, more: { field?: string; retryAfterMs?: number } = {}) {
    super(detail)
    this.problem = problem(code, detail, more)
  }
}

export function problem(
  code: ProblemCode,
  detail: string,
  more: { readonly field?: string; readonly retryAfterMs?: number } = {},
): Problem {
  const [status, title] = PROBLEMS[code]
  return { type: `urn:skein:problem:${code}`, title, status, detail, code, ...more }
}

export const isProblemCode = (code: string): code is ProblemCode => code in PROBLEMS

/** What to answer to an expected error of the node or the store; undefined for a bug. */
export function problemOfError(error: unknown, random: { next(): number }): Problem | undefined {
  if (error instanceof ApiProblem) return error.problem
  if (!(error instanceof SkeinError)) return undefined
  const reason = String(error.reason)
  const code = isProblemCode(reason) ? reason : 'unavailable'
  // Jitter: those who are refused together should not come back together.
  const retryAfterMs = Math.ceil(error.retryAfterMs ?? 500 + 1_000 * random.next())
  const detail =
    code === 'indeterminate'
      ? 'It may have taken effect: send it again with the same Idempotency-Key or clientId.'
      : error.message
  return problem(code, detail, { retryAfterMs })
}
