import type { Store } from '@skein/server'

/** One database under test. Opened once for the whole suite: tests keep apart by their apps. */
export interface StoreHarness {
  readonly store: Store
  /** A second node's handle on the same data. */
  another?(): Promise<Store>
  /** Moves the database's clock by so much, where that is possible. */
  clockSkew?(ms: number): void | Promise<void>
  /** The same data opened as a new incarnation, as after a restore. The older handles are done with. */
  newIncarnation?(): Promise<Store>
  dispose(): Promise<void>
}

/** What each theme of the suite gets: the harness, once it is open. */
export type Opened = () => StoreHarness
