import type { IdempotentAnswer } from '../store.ts'
import { setOrDelete } from './conversation.ts'
import { keyOf } from './rows.ts'
import type { Transaction } from './transaction.ts'

export interface IdempotentEntry {
  readonly requestHash: string
  readonly answer?: { readonly status: number; readonly body: string }
}

export function beginIdempotent(
  transaction: Transaction,
  app: string,
  key: string,
  requestHash: string,
): IdempotentAnswer | undefined {
  const { idempotent } = transaction.database
  const known = idempotent.get(keyOf(app, key))
  if (known === undefined) {
    transaction.undo.push(setOrDelete(idempotent, keyOf(app, key), { requestHash }))
    return undefined
  }
  if (known.requestHash !== requestHash) return { state: 'differentRequest' }
  return known.answer === undefined ? { state: 'running' } : { state: 'done', ...known.answer }
}

export function finishIdempotent(
  transaction: Transaction,
  app: string,
  key: string,
  answer: { readonly status: number; readonly body: string },
): void {
  const { idempotent } = transaction.database
  const known = idempotent.get(keyOf(app, key))
  if (known === undefined) return
  const { status, body } = answer
  transaction.undo.push(setOrDelete(idempotent, keyOf(app, key), { ...known, answer: { status, body } }))
}
