import { WEIGHT_MAX } from '../driver/desired-servers.ts'
import type { DesiredServer } from '../driver/driver.ts'

/**
 * When a reload is worth it. Each one leaves an old worker behind that keeps its WebSockets until
 * `worker_shutdown_timeout`, and then cuts those that are left: reloads are counted, and get rarer.
 */
export interface ReloadPolicy {
  /** Two reloads are never closer. */
  readonly intervalMs: number
  /** How long an old worker may live. */
  readonly hardStopMs: number
  /** Weights count as moved when somebody's share of new clients did, by this part of a fair share. */
  readonly leastMove: number
}

export const DEFAULT_RELOADS = { intervalMs: 2_000, leastMove: 0.25 } as const

/** As long as fewer reloads left old workers behind, who comes or goes is told at once. */
export const QUICK_RELOADS = 8
/** Beyond these, and for weights, so many in the life of an old worker. */
export const SLOW_RELOADS = 30

export type ReloadReason = 'first' | 'membership' | 'weights'

export type ReloadPlan =
  | { readonly reload: true; readonly why: ReloadReason }
  | { readonly reload: false; readonly waits: boolean }

/** What runs, and when reloads were; the oldest first. */
export interface ReloadState {
  readonly inForce: readonly DesiredServer[] | undefined
  readonly reloadsAtMs: readonly number[]
}

export const NO_RELOADS: ReloadState = { inForce: undefined, reloadsAtMs: [] }

export function planReload(
  wanted: readonly DesiredServer[],
  { inForce, reloadsAtMs }: ReloadState,
  nowMs: number,
  policy: ReloadPolicy,
): ReloadPlan {
  const why = inForce === undefined ? 'first' : whatChanged(inForce, wanted, policy.leastMove)
  if (why === undefined) return { reload: false, waits: false }
  const last = reloadsAtMs.at(-1)
  const isDue = last === undefined || nowMs - last >= spacingMs(why, reloadsAtMs, nowMs, policy)
  return isDue ? { reload: true, why } : { reload: false, waits: true }
}

/** The state after a reload; those whose workers are gone are forgotten. */
export function reloaded(
  inForce: readonly DesiredServer[],
  { reloadsAtMs }: ReloadState,
  nowMs: number,
  { hardStopMs }: ReloadPolicy,
): ReloadState {
  return { inForce, reloadsAtMs: [...alive(reloadsAtMs, nowMs, hardStopMs), nowMs] }
}

function spacingMs(
  why: ReloadReason,
  reloadsAtMs: readonly number[],
  nowMs: number,
  { intervalMs, hardStopMs }: ReloadPolicy,
): number {
  const slowMs = Math.max(intervalMs, hardStopMs / SLOW_RELOADS)
  if (why === 'weights') return slowMs
  return alive(reloadsAtMs, nowMs, hardStopMs).length < QUICK_RELOADS ? intervalMs : slowMs
}

const alive = (reloadsAtMs: readonly number[], nowMs: number, hardStopMs: number): readonly number[] =>
  reloadsAtMs.filter((atMs) => nowMs - atMs < hardStopMs)

function whatChanged(
  before: readonly DesiredServer[],
  after: readonly DesiredServer[],
  leastMove: number,
): 'membership' | 'weights' | undefined {
  if (membership(before) !== membership(after)) return 'membership'
  return largestMove(before, after) >= leastMove ? 'weights' : undefined
}

/** All but weights. A node that is to get nothing, or something again, is as one that left or joined. */
const membership = (servers: readonly DesiredServer[]): string =>
  JSON.stringify(
    servers
      .map(({ name, host, port, state, backup, maxConnections, weight }) => [
        ...[name, host, port, state, backup, maxConnections],
        weight > 0,
      ])
      .sort((one, other) => (String(one[0]) < String(other[0]) ? -1 : 1)),
  )

/** By how much of a fair share somebody's share of new clients changed at most. Near and far ones apart. */
function largestMove(before: readonly DesiredServer[], after: readonly DesiredServer[]): number {
  const moves = [true, false].map((backup) => {
    const [old, fresh] = [before, after].map((servers) => shares(servers, backup))
    if (old === undefined || fresh === undefined) return 0
    return Math.max(0, ...[...fresh].map(([name, share]) => Math.abs(share - (old.get(name) ?? 0))))
  })
  return Math.max(...moves)
}

function shares(servers: readonly DesiredServer[], backup: boolean): ReadonlyMap<string, number> {
  const weighed = servers.filter((server) => server.backup === backup && server.weight > 0)
  const total = weighed.reduce((sum, { weight }) => sum + weight / WEIGHT_MAX, 0)
  return new Map(weighed.map(({ name, weight }) => [name, ((weight / WEIGHT_MAX) * weighed.length) / total]))
}
