import type { Registry } from '@skein/server'

/** One registry under test. Opened for each test: nothing of an earlier one is in it. */
export interface RegistryHarness {
  readonly registry: Registry
  /** A second node's handle on the same registry. */
  another(): Promise<Registry>
  /** Lets so much time pass by the registry's clock; where it cannot be moved, in truth. */
  passMs(ms: number): Promise<void>
  /** The registry's clock, read around the adapter. */
  nowMs(): Promise<number>
  /** Puts something under this name that is no record, where somebody could. */
  spoil?(name: string): Promise<void>
  dispose(): Promise<void>
}
