/** A fault that a scenario caused, so that the judge knows when and whom it hit. */
export interface FaultMark {
  readonly what: string
  readonly atMs: number
  /** The node whose sessions it hits; `all` for what all share; absent for what should hit nobody. */
  readonly hits?: string
}
