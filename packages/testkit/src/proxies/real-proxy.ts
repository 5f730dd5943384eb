import type { DriverEvent, ProxyDriver, ProxyOptions } from '@skein/edge'
import type { ProxyKind } from './proxy-binary.ts'

export interface RealProxyPlace {
  /** Of this proxy alone: configuration, sockets, pid, state. */
  readonly folder: string
  readonly options: ProxyOptions
  readonly onEvent: (event: DriverEvent) => void
}

/** A real proxy on loopback, as an operator runs it, and its driver. */
export interface RealProxy {
  readonly kind: ProxyKind
  readonly driver: ProxyDriver
  /** Of the master that runs; undefined: none does. */
  pid(): Promise<number | undefined>
  /** Starts it, unless its driver does. */
  start(): Promise<void>
  /** Resolves when other workers have taken over. */
  reload(): Promise<void>
  /** `kill -9`, workers too. */
  kill(): Promise<void>
  dispose(): Promise<void>
}

export const START_MS = 10_000
