import { LOG } from './0001-log.ts'
import { COMMIT_MESSAGES } from './0002-commit-messages.ts'
import { NODE } from './0003-node.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

/** In order, never changed once released: what is wrong in one is put right by the next. */
export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: 'log', sql: LOG },
  { number: 2, name: 'commit-messages', sql: COMMIT_MESSAGES },
  { number: 3, name: 'node', sql: NODE },
]

export const NEWEST_MIGRATION = MIGRATIONS.length

export type SchemaState = 'current' | 'empty' | 'older' | 'newer'

/** What a database that has applied up to `applied` (0: nothing) is to this program. */
export function schemaState(applied: number): SchemaState {
  if (applied === 0) return 'empty'
  if (applied === NEWEST_MIGRATION) return 'current'
  return applied < NEWEST_MIGRATION ? 'older' : 'newer'
}
