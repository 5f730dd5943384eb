import { uuidv7TimeMs } from '@skein/core'
import { isUserLog, LIMITS, mayBeUnstorable, type Body } from '@skein/protocol'
import { int4Array, int8Array, textArray, uuidArray } from '../connection/binary-array.ts'
import type { CommitEntry, CommitOutcome } from '../../store.ts'
import { keyOf } from './authority-cache.ts'
import { parseBody } from './event-row.ts'

/** A clientId this close to the floor of idempotency is judged by the database's clock, not by ours. */
const AGE_MARGIN_MS = 3_600_000

/** What the node knows that makes an entry usual. */
export interface Knowledge {
  readonly nowMs: number
  versionFor(entry: CommitEntry): number | undefined
  wasCommitted(key: string): boolean
}

interface Group {
  readonly app: string
  readonly conversation: string
  readonly version: number
  afterHlc: number
  size: number
}

/** A batch of messages in which nothing needs a decision, ready to be sent. */
export interface FastPlan {
  readonly entries: readonly CommitEntry[]
  readonly bodies: readonly Body[]
  readonly groups: readonly Group[]
  /** Per entry: its group, and its place in it from 1. */
  readonly groupOf: readonly number[]
  readonly indexIn: readonly number[]
}

export const sendKey = (
  entry: Pick<CommitEntry, 'app' | 'conversation' | 'sender'>,
  clientId: string,
): string => `${entry.app}/${entry.conversation}/${entry.sender}/${clientId}`

/** Undefined when one entry is not plainly usual: then the whole batch takes the full path. */
export function planFast(entries: readonly CommitEntry[], knowledge: Knowledge): FastPlan | undefined {
  const groups: Group[] = []
  const byConversation = new Map<string, number>()
  const bodies: Body[] = []
  const groupOf: number[] = []
  const indexIn: number[] = []
  const inBatch = new Set<string>()
  for (const entry of entries) {
    const body = plainBody(entry, knowledge.nowMs)
    const version = body === undefined ? undefined : knowledge.versionFor(entry)
    if (body === undefined || version === undefined) return undefined
    const own = sendKey(entry, entry.clientId)
    if (inBatch.has(own)) return undefined
    if (entry.after !== undefined) {
      const before = sendKey(entry, entry.after)
      if (!inBatch.has(before) && !knowledge.wasCommitted(before)) return undefined
    }
    inBatch.add(own)
    const key = keyOf(entry.app, entry.conversation)
    const place = byConversation.get(key) ?? groups.length
    const group = groups[place] ?? {
      app: entry.app,
      conversation: entry.conversation,
      version,
      afterHlc: 0,
      size: 0,
    }
    groups[place] = group
    byConversation.set(key, place)
    group.afterHlc = Math.max(group.afterHlc, entry.afterHlc ?? 0)
    group.size++
    bodies.push(body)
    groupOf.push(place)
    indexIn.push(group.size)
  }
  return { entries, bodies, groups, groupOf, indexIn }
}

function plainBody(entry: CommitEntry, nowMs: number): Body | undefined {
  if (entry.kind !== 'message' || isUserLog(entry.conversation) || mayBeUnstorable(entry.body))
    return undefined
  // Also false for what is no UUIDv7.
  if (!(uuidv7TimeMs(entry.clientId) > nowMs - LIMITS.clientIdMaxAgeMs + AGE_MARGIN_MS)) return undefined
  return parseBody(entry.body)
}

/** Parameters of skein.commit_messages from the third on. */
export function fastParameters({ entries, groups, groupOf, indexIn }: FastPlan): readonly Buffer[] {
  return [
    textArray(groups.map((group) => group.app)),
    textArray(groups.map((group) => group.conversation)),
    int8Array(groups.map((group) => group.version)),
    int8Array(groups.map((group) => group.afterHlc)),
    int4Array(groups.map((group) => group.size)),
    int4Array(groupOf.map((place) => place + 1)),
    int4Array(indexIn),
    textArray(entries.map((entry) => entry.sender)),
    uuidArray(entries.map((entry) => entry.clientId)),
    textArray(entries.map((entry) => entry.body)),
  ]
}

/** What skein.commit_messages answers: the last position before each group's first. */
export interface FastAnswer {
  readonly at: number
  readonly laneOffset: number
  readonly seqs: readonly number[]
  readonly counts: readonly number[]
  readonly hlcs: readonly number[]
}

export function fastOutcomes(
  plan: FastPlan,
  answer: FastAnswer,
  lane: number,
  origin: string,
): CommitOutcome[] {
  return plan.entries.map((entry, place) => {
    const group = plan.groupOf[place] ?? 0
    const index = plan.indexIn[place] ?? 0
    const event = {
      origin,
      seq: (answer.seqs[group] ?? 0) + index,
      hlc: (answer.hlcs[group] ?? 0) + index,
      sender: entry.sender,
      clientId: entry.clientId,
      kind: 'message',
      body: plan.bodies[place] ?? {},
      count: (answer.counts[group] ?? 0) + index,
      at: answer.at,
    }
    const { app, conversation } = entry
    const record = { app, conversation, lane, laneOffset: answer.laneOffset + place + 1, event }
    return { status: 'committed', record, duplicate: false, also: [] }
  })
}
