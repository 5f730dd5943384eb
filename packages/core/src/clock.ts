/** Time is passed in, so that the whole system runs inside a simulator. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump; only for what people or other machines read. */
  now(): number
  /** Milliseconds that only grow; for durations and deadlines. */
  monotonicMs(): number
}

export type Cancel = () => void

export interface Timers {
  /** Calls `run` once after `delayMs` (≥ 0) unless cancelled. */
  after(delayMs: number, run: () => void): Cancel
  /** Calls `run` when the current turn of the loop has ended: what is gathered until then goes out together. */
  afterTurn(run: () => void): void
}
