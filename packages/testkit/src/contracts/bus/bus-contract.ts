import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import type { BusHarness } from './bus-harness.ts'
import { failures } from './failing.ts'
import { hints, messages } from './telling.ts'

/** What every adapter of the bus port does. */
export function busContract(name: string, open: () => Promise<BusHarness>): void {
  describe(`${name} keeps the contract of the bus`, () => {
    let harness: BusHarness | undefined
    const opened = (): BusHarness => {
      if (harness === undefined) throw new Error('the bus under test did not open')
      return harness
    }
    beforeAll(async () => {
      harness = await open()
    })
    afterEach(async () => {
      // Also after a test that failed half-way: the next one finds the bus in order.
      harness?.undeafen()
      await harness?.resume()
      await harness?.revive()
      await harness?.stopAll()
    })
    afterAll(async () => {
      await harness?.dispose()
    })
    hints(opened)
    messages(opened)
    failures(opened)
  })
}
