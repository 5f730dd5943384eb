import { StoreError } from '../../store-error.ts'

/** `open`: connecting and checking. `read`: nothing is at stake. `write`: the statement may have committed. */
export type Phase = 'open' | 'read' | 'write'

export const sqlState = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** An answer of the server to this statement, after which the connection can be used again. */
export function isStatementError(error: unknown): boolean {
  const code = sqlState(error)
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P|58|XX)/.test(code)
}

/** The database did what it was asked, if only to object. It did not when it ran out of time. */
export const isAnswered = (error: unknown): boolean => isStatementError(error) && sqlState(error) !== '57014'

/** A value that PostgreSQL cannot store: class 22, data exception. */
export const isDataError = (error: unknown): boolean =>
  isStatementError(error) && (sqlState(error)?.startsWith('22') ?? false)

const WRONG_ADDRESS = new Set(['28P01', '28000', '3D000', 'ENOTFOUND', 'ERR_INVALID_URL'])

/** What an error of the driver means to those who use the store. */
export function storeErrorOf(error: unknown, phase: Phase): StoreError {
  if (error instanceof StoreError) return error
  const code = sqlState(error)
  const message = messageOf(error)
  if (phase === 'open' && isConfiguration(error, code)) {
    return new StoreError(
      'configuration',
      `The database cannot be used as configured: ${message}. Check DATABASE_URL.`,
      error,
    )
  }
  if (code === '3F000' || code?.startsWith('42')) {
    return new StoreError(
      'incompatible',
      `The database lacks something that Skein needs (${message}): run \`skein migrate\`.`,
      error,
    )
  }
  if (phase === 'write' && !isStatementError(error)) {
    return new StoreError('indeterminate', `The database did not say whether it committed: ${message}`, error)
  }
  return new StoreError('unavailable', `The database does not serve now: ${message}`, error)
}

function isConfiguration(error: unknown, code: string | undefined): boolean {
  if (code !== undefined && WRONG_ADDRESS.has(code)) return true
  return /password|SASL|Invalid URL|SSL/i.test(messageOf(error)) && !/timeout/i.test(messageOf(error))
}
