import { uuidv7TimeMs } from '@skein/core'
import { isUserLog, LIMITS, mayBeUnstorable, type Body } from '@skein/protocol'
import { int4Array, int8Array, textArray, uuidArray } from '../connection/binary-array.ts'
import type { CommitEntry, CommitOutcome, LogRecord } from '../../store.ts'
import { parseBody } from './event-row.ts'

/** A clientId this close to the floor of idempotency is judged by the database's clock, not by ours. */
const AGE_MARGIN_MS = 3_600_000

/** What the node knows of an entry's conversation, and that makes the entry usual. */
export interface KnownConversation {
  readonly version: number
  admits(entry: CommitEntry): boolean | undefined
  wasSent(sender: string, clientId: string): boolean
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

/**
 * Undefined when one entry is not plainly usual: then the whole batch takes the full path.
 * @param known one per entry, the same object for the same conversation
 */
export function planFast(
  entries: readonly CommitEntry[],
  known: readonly (KnownConversation | undefined)[],
  nowMs: number,
): FastPlan | undefined {
  const groups: Group[] = []
  const placeOf = new Map<KnownConversation, number>()
  const bodies: Body[] = []
  const groupOf: number[] = []
  const indexIn: number[] = []
  const inBatch = new Map<string, CommitEntry>()
  for (const [index, entry] of entries.entries()) {
    const conversation = known[index]
    if (conversation?.admits(entry) !== true) return undefined
    const body = plainBody(entry, nowMs)
    if (body === undefined || inBatch.has(entry.clientId)) return undefined
    if (entry.after !== undefined && !isPreceded(entry, inBatch.get(entry.after), conversation))
      return undefined
    inBatch.set(entry.clientId, entry)
    const place = placeOf.get(conversation) ?? groups.length
    let group = groups[place]
    if (group === undefined) {
      group = groupFor(entry, conversation.version)
      groups.push(group)
      placeOf.set(conversation, place)
    }
    group.afterHlc = Math.max(group.afterHlc, entry.afterHlc ?? 0)
    group.size++
    bodies.push(body)
    groupOf.push(place)
    indexIn.push(group.size)
  }
  return { entries, bodies, groups, groupOf, indexIn }
}

const groupFor = ({ app, conversation }: CommitEntry, version: number): Group => ({
  app,
  conversation,
  version,
  afterHlc: 0,
  size: 0,
})

/** `before`: what in this batch has the clientId that the entry comes after. */
function isPreceded(
  { app, conversation, sender, after = '' }: CommitEntry,
  before: CommitEntry | undefined,
  known: KnownConversation,
): boolean {
  if (before === undefined) return known.wasSent(sender, after)
  return before.sender === sender && before.conversation === conversation && before.app === app
}

function plainBody(entry: CommitEntry, nowMs: number): Body | undefined {
  if (entry.kind !== 'message' || isUserLog(entry.conversation) || mayBeUnstorable(entry.body))
    return undefined
  // Also false for what is no UUIDv7.
  if (!(uuidv7TimeMs(entry.clientId) > nowMs - LIMITS.clientIdMaxAgeMs + AGE_MARGIN_MS)) return undefined
  return entry.parsedBody ?? parseBody(entry.body)
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

const NOTHING_ELSE: readonly LogRecord[] = []

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
    const { app, conversation, body: bodyText } = entry
    const record = { app, conversation, lane, laneOffset: answer.laneOffset + place + 1, event, bodyText }
    return { status: 'committed', record, duplicate: false, also: NOTHING_ELSE }
  })
}
