/** One payload on its way from one node to another, or to itself. */
export interface BusDelivery {
  readonly from: string
  readonly to: string
  readonly channel: string
  /** Which payload of those that were published together, from 0, and of how many: the last one is `count - 1`. */
  readonly index: number
  readonly count: number
}

/** What goes wrong with one delivery. */
export interface BusFault {
  readonly drop?: boolean
  /** Later by so much, and with it what comes behind on the same connection. */
  readonly delayMs?: number
  /** How many times more it arrives. */
  readonly duplicates?: number
}

/** Asked once for every delivery. */
export interface BusFaults {
  next(delivery: BusDelivery): BusFault | undefined
}

/** `out`: what the node says vanishes and is never confirmed; `in`: it hears nothing. Connections stand. */
export type BlackHole = 'in' | 'out' | 'both'
