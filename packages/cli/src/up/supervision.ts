/** What a supervised node tells `skein up`, over the channel that ties their lives together. */
export type NodeReport =
  | { readonly type: 'ready'; readonly url: string }
  | { readonly type: 'failed'; readonly text: string; readonly exitCode: number }

/** The demo page's button: somebody wants to see a node die. Kills for real, with SIGKILL. */
export interface KillRequest {
  readonly type: 'kill'
  readonly node: string
}

/** What `skein up` tells the node: all of it stops, so there is nobody to move clients to. */
export interface StopRequest {
  readonly type: 'stop'
  /** How long it may finish its work. */
  readonly deadlineMs: number
}

export const isNodeReport = (value: unknown): value is NodeReport =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  (value.type === 'ready' || value.type === 'failed')

export const isKillRequest = (value: unknown): value is KillRequest =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  value.type === 'kill' &&
  'node' in value &&
  typeof value.node === 'string'

export const isStopRequest = (value: unknown): value is StopRequest =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  value.type === 'stop' &&
  'deadlineMs' in value &&
  typeof value.deadlineMs === 'number'

const FIRST_RESTART_MS = 100
const SLOWEST_RESTART_MS = 5_000
/** What lived this long was fine; its next death is a first one again. */
const HEALTHY_AFTER_MS = 30_000

/** How often something has died in a row, counted when it died after `livedMs`. */
export const deathsInRow = (before: number, livedMs: number): number =>
  livedMs >= HEALTHY_AFTER_MS ? 1 : before + 1

/** The wait before the next start: at once, then doubling. */
export const restartDelayMs = (deaths: number): number =>
  deaths <= 1 ? 0 : Math.min(FIRST_RESTART_MS * 2 ** (deaths - 2), SLOWEST_RESTART_MS)
