import type { History, Violation } from './history.ts'
import { positionKey } from './log-index.ts'
import type { AnswerRecord, LimitDue, Recovery, ServiceRecord } from './service.ts'

/** Refusals that ask for another attempt have to say when. */
const COME_BACK: ReadonlySet<string> = new Set(['overloaded', 'unavailable', 'tooFast'])

/** Overload bends, never breaks (P6): where a run measured it. */
export function checkOverload({ service, log }: Pick<History, 'service' | 'log'>): Violation[] {
  if (service === undefined) return []
  const { answers, soft, limits = [], recoveries = [] } = service
  return [
    ...(answers?.records.flatMap((record) => badAnswer(record, answers.boundMs)) ?? []),
    ...(soft === undefined ? [] : softServed(soft)),
    ...recoveries.flatMap((recovery) => notWell(recovery)),
    ...limits.flatMap((due) => overLimit(due, log, service)),
  ]
}

function badAnswer(record: AnswerRecord, boundMs: number): Violation[] {
  const { clientId, tookMs, is } = record
  if (is === 'refused' && record.retryAfterMs === undefined && COME_BACK.has(record.code))
    return [violation('noMoment', `${clientId} was refused as ${record.code} without a moment to come back`)]
  if (tookMs <= boundMs) return []
  const took = `${Math.round(tookMs)} ms, at most ${boundMs} are promised`
  if (is === 'none') return [violation('unanswered', `${clientId} has waited for an answer for ${took}`)]
  return [violation('answeredLate', `${clientId} was ${is} after ${took}`)]
}

function softServed({ shut, toldAtMs }: NonNullable<ServiceRecord['soft']>): Violation[] {
  const told = toldAtMs.find((atMs) => shut.some(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs))
  if (told === undefined) return []
  return [violation('softServed', `typing was told at ${Math.round(told)}, when sends were turned away`)]
}

function notWell({ tookMs = Infinity, boundMs, why }: Recovery): Violation[] {
  if (tookMs <= boundMs) return []
  const took = tookMs === Infinity ? 'never' : `after ${Math.round(tookMs)} ms`
  return [violation('notWell', `all was well again ${took}, at most ${boundMs} ms are promised: ${why}`)]
}

/** The most that any window has above its rate is found in one pass: the least of what came before, and the most after. */
function overLimit(due: LimitDue, log: History['log'], { acceptedAtMs }: ServiceRecord): Violation[] {
  const { fromMs, toMs, perSecond, burst, slackMs, why } = due
  const timesOf = new Map<string, number[]>()
  for (const { conversation, event } of log) {
    const atMs = acceptedAtMs[`${conversation} ${positionKey(event)}`]
    if (atMs === undefined || atMs < fromMs || atMs > toMs) continue
    const times = timesOf.get(event.sender)
    if (times === undefined) timesOf.set(event.sender, [atMs])
    else times.push(atMs)
  }
  const allowed = burst + (perSecond * slackMs) / 1_000
  return [...timesOf].flatMap(([user, times]) => {
    const most = mostAbove(
      times.toSorted((a, b) => a - b),
      perSecond / 1_000,
    )
    if (most <= allowed) return []
    const promised = `${perSecond} a second, ${burst} at once, ${slackMs} ms of slack`
    return [
      violation(
        'overLimit',
        `${user} committed ${Math.ceil(most)} more than ${perSecond} a second: ${promised}: ${why}`,
      ),
    ]
  })
}

function mostAbove(times: readonly number[], perMs: number): number {
  let least = Infinity
  let most = 0
  for (const [index, atMs] of times.entries()) {
    least = Math.min(least, index - perMs * atMs)
    most = Math.max(most, index + 1 - perMs * atMs - least)
  }
  return most
}

const violation = (rule: string, message: string): Violation => ({ promise: 'P6', rule, message })
