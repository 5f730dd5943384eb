import { afterAll, beforeAll, describe } from 'vitest'
import { authorisation } from './authorisation.ts'
import { creation } from './creation.ts'
import { incarnations } from './incarnations.ts'
import { numbering } from './numbering.ts'
import { overview } from './overview.ts'
import { randomOperations } from './random-operations.ts'
import { reading } from './reading.ts'
import { retries } from './retries.ts'
import { stateRecords } from './state-records.ts'
import type { StoreHarness } from './store-harness.ts'
import { visibility } from './visibility.ts'

export type { StoreHarness } from './store-harness.ts'

/** What every adapter of the storage port does. The rules in words: STORE.md beside this file. */
export function storeContract(name: string, open: () => Promise<StoreHarness>): void {
  describe(`${name} keeps the contract of the store`, () => {
    let harness: StoreHarness | undefined
    const opened = (): StoreHarness => {
      if (harness === undefined) throw new Error('the store under test did not open')
      return harness
    }
    beforeAll(async () => {
      harness = await open()
    })
    afterAll(async () => {
      await harness?.dispose()
    })
    for (const theme of [
      numbering,
      retries,
      creation,
      authorisation,
      visibility,
      reading,
      overview,
      stateRecords,
      randomOperations,
    ]) {
      theme(opened)
    }
    incarnations(open)
  })
}
