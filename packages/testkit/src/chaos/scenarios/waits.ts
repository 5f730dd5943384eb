import type { Cast } from '../talk/cast.ts'
import { type Run, quantile } from '../../cluster-bed/figures.ts'
import type { SessionTrace } from '../../cluster-bed/clients/session-tracer.ts'

/** How long messages were on their way that came to these sessions between two moments. */
export const deliveryMs = (
  traces: readonly SessionTrace[],
  share: number,
  { fromMs, untilMs }: Pick<Run, 'fromMs' | 'untilMs'>,
): number =>
  quantile(
    traces.flatMap(({ arrivedMs, latencyMs }) =>
      latencyMs.filter((ms, at) => {
        const atMs = arrivedMs[at] ?? 0
        return atMs >= fromMs && atMs < untilMs && !Number.isNaN(ms)
      }),
    ),
    share,
  )

/** Sends of these sessions that were acknowledged between two moments. */
export const ackedBetween = (traces: readonly SessionTrace[], fromMs: number, untilMs: number): number =>
  traces.reduce(
    (sum, { ackedMs }) => sum + ackedMs.filter((atMs) => atMs >= fromMs && atMs < untilMs).length,
    0,
  )

/** Of those, the ones that were worth the wait, per second. */
export const goodputBetween = (
  traces: readonly SessionTrace[],
  fromMs: number,
  untilMs: number,
  withinMs: number,
): number => {
  const good = traces.flatMap(({ ackedMs, ackWaitMs }) =>
    ackedMs.filter((atMs, at) => atMs >= fromMs && atMs < untilMs && (ackWaitMs[at] ?? NaN) <= withinMs),
  )
  return (good.length * 1_000) / (untilMs - fromMs)
}

/** The most that was acknowledged within any span of this length. */
export function mostAckedWithin(traces: readonly SessionTrace[], spanMs: number): number {
  const atMs = traces.flatMap(({ ackedMs }) => ackedMs).toSorted((a, b) => a - b)
  let most = 0
  let first = 0
  for (const [last, endMs] of atMs.entries()) {
    while (endMs - (atMs[first] ?? endMs) > spanMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** Those who share no conversation with any of these users, as a member or as a guest. */
export function strangersTo(
  users: readonly string[],
  traces: readonly SessionTrace[],
  { sessions, groups, pairs }: Cast,
): readonly SessionTrace[] {
  const rooms = [...groups.map(({ members, guest = '' }) => [...members, guest]), ...pairs]
  const near = new Set(rooms.filter((room) => room.some((user) => users.includes(user))).flat())
  const far = new Set(sessions.filter(({ user }) => !near.has(user)).map(({ name }) => name))
  return traces.filter(({ session }) => far.has(session))
}
