/** Sessions are few here: one more or less is a large share. */
const MAX_OVER_MEAN = 1.2

/** Whether nobody serves much more than the mean. */
export function isEven(sessions: ReadonlyMap<string, number>): boolean {
  const counts = [...sessions.values()]
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return Math.max(...counts) <= MAX_OVER_MEAN * mean
}

/** `node-1 20, node-2 19`. */
export const sessionsText = (sessions: ReadonlyMap<string, number>): string =>
  [...sessions].map(([node, count]) => `${node} ${count}`).join(', ')
