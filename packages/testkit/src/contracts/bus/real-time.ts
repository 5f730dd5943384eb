import type { Bus } from '@skein/server'
import { expect } from 'vitest'
import type { BusHarness } from './bus-harness.ts'

const POLL_MS = 5

/** Waiting on the machine's own clock. */
export const realTime: Pick<BusHarness, 'nowMs' | 'until'> = {
  nowMs: () => performance.now(),
  until: (check, withinMs) =>
    expect
      .poll(check, { timeout: withinMs, interval: POLL_MS })
      .toBe(true)
      .then(
        () => true,
        () => false,
      ),
}

/** The buses that a test opened. */
export class Buses {
  #open: Bus[] = []

  add(bus: Bus): Bus {
    this.#open.push(bus)
    return bus
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((bus) => bus.stop()))
  }
}
