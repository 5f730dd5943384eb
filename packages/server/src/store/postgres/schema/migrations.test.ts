import { describe, expect, test } from 'vitest'
import { MIGRATIONS, NEWEST_MIGRATION, schemaState } from './migrations.ts'

describe('migrations', () => {
  test('are numbered from 1 without a hole', () => {
    expect(MIGRATIONS.map((migration) => migration.number)).toEqual(MIGRATIONS.map((_, index) => index + 1))
  })

  test.each([
    [0, 'empty'],
    [1, 'older'],
    [NEWEST_MIGRATION, 'current'],
    [NEWEST_MIGRATION + 1, 'newer'],
  ] as const)('a schema that has applied %i is %s', (applied, state) => {
    expect(schemaState(applied)).toBe(state)
  })
})
