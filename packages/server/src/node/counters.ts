/** Counts since the node started. */
export interface NodeCounters {
  /** Sessions that were welcomed. */
  accepted: number
  /** Clients that were told to come later, as more came than `acceptPerSecond` lets in. */
  turnedAway: number
  /** Times that a session was asked to migrate. */
  migrations: number
  sends: number
  duplicates: number
  refused: number
  resumes: number
  syncs: number
  slowConsumers: number
  badFrames: number
}

export const newCounters = (): NodeCounters => ({
  accepted: 0,
  turnedAway: 0,
  migrations: 0,
  sends: 0,
  duplicates: 0,
  refused: 0,
  resumes: 0,
  syncs: 0,
  slowConsumers: 0,
  badFrames: 0,
})
