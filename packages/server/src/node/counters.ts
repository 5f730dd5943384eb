/** Counts since the node started. */
export interface NodeCounters {
  sends: number
  duplicates: number
  refused: number
  resumes: number
  syncs: number
  slowConsumers: number
  badFrames: number
}

export const newCounters = (): NodeCounters => ({
  sends: 0,
  duplicates: 0,
  refused: 0,
  resumes: 0,
  syncs: 0,
  slowConsumers: 0,
  badFrames: 0,
})
