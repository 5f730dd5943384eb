import type { Bus } from '@skein/server'

/** A bus server under test, its nodes, and what can happen to it. Opened once for the whole suite. */
export interface BusHarness {
  /** Milliseconds that only grow, on the clock that the nodes go by. */
  nowMs(): number
  /** Lets time pass until `check` holds; whether it did within `withinMs`. */
  until(check: () => boolean, withinMs: number): Promise<boolean>
  /** A node's bus, not started. */
  bus(node: string): Bus
  /** All connections break and new ones are refused, until `revive`. */
  kill(): Promise<void>
  revive(): Promise<void>
  /** Connections stand and nothing moves, until `resume`. */
  hang(): Promise<void>
  resume(): Promise<void>
  /** What nodes publish is taken; nothing reaches those who listen, until `undeafen`. Connections stand. */
  deafen(): void
  undeafen(): void
  /** Stops all nodes. */
  stopAll(): Promise<void>
  dispose(): Promise<void>
}

/** What each theme of the suite gets: the harness, once it is open. */
export type OpenedBus = () => BusHarness

/** What a member of a test needs of it. */
export type BusWorld = Pick<BusHarness, 'nowMs' | 'until' | 'bus'>
