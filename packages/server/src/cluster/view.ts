import type { NodeRecord } from './node-record.ts'
import { LEASE_TTL_MS, type Listing } from './registry.ts'

/** A node as this one sees it. All times by this node's monotonic clock. */
export interface Member {
  readonly record: NodeRecord
  readonly epoch: number
  /** About when it last announced itself: its load report is from then. */
  readonly heardAtMs: number
  /** Questions in a row that it left without an answer, while the registry could not speak for it. */
  readonly missed: number
  /** When it last answered such a question; undefined while the registry speaks for it. */
  readonly answeredAtMs?: number
}

export interface View {
  readonly members: ReadonlyMap<string, Member>
  /** When the listing that this view rests on was asked for; undefined before the first. */
  readonly asOfMs: number | undefined
  /** Until then a node that is not listed may just not have joined anew. */
  readonly graceUntilMs: number
}

export const EMPTY_VIEW: View = { members: new Map(), asOfMs: undefined, graceUntilMs: 0 }

export type ViewChange =
  | { readonly kind: 'joined'; readonly member: Member }
  | { readonly kind: 'changed'; readonly member: Member; readonly before: Member }
  | { readonly kind: 'left'; readonly member: Member }

/** After the registry was away every node joins anew; this is how long that takes at most. */
const GRACE_MS = LEASE_TTL_MS + 1_000
/** A registry that has not answered for this long (two polls missed) does not speak for anybody. */
const SPEAKS_FOR_MS = 1_500
/** A node that leaves so many questions in a row without an answer is taken for dead. */
export const MISSES_UNTIL_UNREACHABLE = 3

export interface ListingContext {
  /** Of verified nodes only. */
  readonly nodes: Listing['nodes']
  readonly askedAtMs: number
  readonly selfId: string
}

/**
 * What a listing makes of the view. It is taken at its word, unless the registry was away just before
 * or had forgotten this very node: then it has forgotten others too, and they get time to join anew.
 */
export function applyListing(view: View, { nodes, askedAtMs, selfId }: ListingContext): View {
  const members = new Map<string, Member>()
  for (const { record, epoch, leaseLeftMs } of nodes) {
    const heardAtMs = askedAtMs - Math.max(0, LEASE_TTL_MS - leaseLeftMs)
    members.set(record.id, { record, epoch, heardAtMs, missed: 0 })
  }
  const wasAway = view.asOfMs !== undefined && askedAtMs - view.asOfMs > LEASE_TTL_MS
  const me = view.members.get(selfId)
  const forgotMe = me !== undefined && members.get(selfId)?.epoch !== me.epoch
  const graceUntilMs = wasAway || forgotMe ? askedAtMs + GRACE_MS : view.graceUntilMs
  if (askedAtMs < graceUntilMs) {
    const names = new Set([...members.values()].map(({ record }) => record.name))
    for (const [id, member] of view.members) {
      if (!names.has(member.record.name) && reachable(member)) members.set(id, member)
    }
  }
  return { members, asOfMs: askedAtMs, graceUntilMs }
}

/** Whether nodes ask each other, because the registry cannot speak for them now. */
export const needsAsking = (view: View, nowMs: number): boolean =>
  nowMs < view.graceUntilMs || viewAgeMs(view, nowMs) > SPEAKS_FOR_MS

export const viewAgeMs = (view: View, nowMs: number): number =>
  view.asOfMs === undefined ? Infinity : Math.max(0, nowMs - view.asOfMs)

/** `answeredAtMs`: undefined when no answer came. */
export function applyAnswer(view: View, id: string, answeredAtMs: number | undefined): View {
  const member = view.members.get(id)
  if (member === undefined) return view
  const heard = answeredAtMs === undefined ? { missed: member.missed + 1 } : { missed: 0, answeredAtMs }
  return { ...view, members: new Map(view.members).set(id, { ...member, ...heard }) }
}

export const reachable = ({ missed }: Member): boolean => missed < MISSES_UNTIL_UNREACHABLE

/** The other nodes that can be used now. When none answers the fault is more likely here: then all. */
export function livePeers(view: View, selfId: string): readonly Member[] {
  const peers = [...view.members.values()].filter(({ record }) => record.id !== selfId)
  const answering = peers.filter(reachable)
  return answering.length > 0 ? answering : peers
}

/** What others should react to. A new load report alone is no change: it is read when needed. */
export function changesBetween(before: View, after: View): readonly ViewChange[] {
  const changes: ViewChange[] = []
  for (const [id, member] of before.members) {
    if (!after.members.has(id)) changes.push({ kind: 'left', member })
  }
  for (const [id, member] of after.members) {
    const known = before.members.get(id)
    if (known === undefined) changes.push({ kind: 'joined', member })
    else if (differs(known, member)) changes.push({ kind: 'changed', member, before: known })
  }
  return changes
}

function differs(one: Member, other: Member): boolean {
  return (
    one.epoch !== other.epoch ||
    reachable(one) !== reachable(other) ||
    one.record.state !== other.record.state ||
    one.record.reason !== other.record.reason ||
    one.record.signature !== other.record.signature
  )
}
