import { uuidv7TimeMs } from '@skein/core'
import { LIMITS, remedyFor, type Cursor } from '@skein/protocol'
import { fullJitterMs } from '@skein/resilience'
import {
  fresh,
  isDirectCreate,
  isWaiting,
  noneYet,
  oldestDurableAmong,
  wantsSending,
  type Item,
  type Lane,
  type Phase,
  type Position,
  type QueueItem,
  unstableAmong,
} from './lane.ts'
import { concernsAll, type Refusal, type RefusalVerdict, type SendOrder } from './send-order.ts'
import { SingleFile } from './single-file.ts'
import type { OutboxEntry } from './storage.ts'

export const IN_FLIGHT_PER_CONVERSATION = 64
export const IN_FLIGHT = 200
const BACKOFF = { baseMs: 100, maxMs: 10_000 } as const

/**
 * What waits to be sent, is on its way, or is not yet safe from the loss of a region: ordered per
 * conversation, pipelined. Pure: neither network nor storage nor clock.
 */
export class OutboxQueue {
  readonly #lanes = new Map<string, Lane>()
  readonly #byId = new Map<string, Item>()
  readonly #count = noneYet()
  #blockedUntilMs = 0
  readonly #singleFile = new SingleFile()
  #afterHlc = 0

  /** Not yet durable, nor failed. */
  get waiting(): number {
    return this.#count.storing + this.#count.queued + this.#count.sent
  }

  get inFlight(): number {
    return this.#count.sent
  }

  get durable(): number {
    return this.#count.durable
  }

  /** Highest hlc of this outbox's acknowledgements; 0 when there was none. */
  get afterHlc(): number {
    return this.#afterHlc
  }

  get(clientId: string): QueueItem | undefined {
    return this.#byId.get(clientId)
  }

  itemsOf(conversation: string): readonly QueueItem[] {
    return this.#lanes.get(conversation)?.items ?? []
  }

  conversations(): readonly string[] {
    return [...this.#lanes.keys()]
  }

  /** A new one: sent once `stored` says so. */
  add(entry: OutboxEntry): void {
    this.#insert({ ...fresh(entry), phase: 'storing' }, this.#lane(entry.conversation).items.length)
  }

  /** What storage held goes before what was added meanwhile. */
  restore(entries: readonly OutboxEntry[]): readonly QueueItem[] {
    const places = new Map<string, number>()
    const items: Item[] = []
    for (const entry of entries) {
      if (this.#byId.has(entry.clientId)) continue
      const lane = this.#lane(entry.conversation)
      const firstNew = lane.items.findIndex((item) => item.phase === 'storing')
      const place = places.get(entry.conversation) ?? (firstNew === -1 ? lane.items.length : firstNew)
      places.set(entry.conversation, place + 1)
      const item: Item = { ...fresh(entry), phase: entry.state, reason: entry.reason }
      this.#insert(item, place)
      items.push(item)
    }
    return items
  }

  stored(clientId: string): void {
    const item = this.#byId.get(clientId)
    if (item?.phase === 'storing') this.#move(item, 'queued')
  }

  /** Marks as sent, and returns, what may be sent now. */
  take(nowMs: number): readonly SendOrder[] {
    const orders: SendOrder[] = []
    const { asker, most } = this.#singleFile
    const isAsking = asker !== undefined && this.#byId.get(asker)?.asked === true
    if (nowMs < this.#blockedUntilMs || isAsking) return orders
    for (const lane of this.#lanes.values()) {
      if (orders.length < most && nowMs >= lane.blockedUntilMs) this.#takeOfLane(lane, orders, most)
    }
    const [first] = orders
    if (first !== undefined) this.#singleFile.goes(first.entry.clientId)
    return orders
  }

  #takeOfLane(lane: Lane, orders: SendOrder[], most: number): void {
    let inFlight = lane.items.reduce((count, item) => count + (item.phase === 'sent' ? 1 : 0), 0)
    let after: string | undefined
    for (const item of lane.items) {
      if (orders.length >= most) return
      if (item.phase === 'durable') {
        if (item.acked || item.asked) continue
        // Its event was seen, or an earlier run knew: asked again so that `stable` is learned.
        item.asked = true
        orders.push({ entry: item.entry, after: undefined, again: true })
      } else if (item.phase === 'sent') {
        if (!item.asked) orders.push({ entry: item.entry, after, again: true })
        item.asked = true
        after = item.entry.clientId
      } else if (item.phase === 'storing') {
        return
      } else if (item.phase === 'queued') {
        if (inFlight >= IN_FLIGHT_PER_CONVERSATION || this.#count.sent >= IN_FLIGHT) return
        orders.push({ entry: item.entry, after, again: false })
        this.#move(item, 'sent')
        item.asked = true
        inFlight++
        after = item.entry.clientId
      }
    }
  }

  /** When `take` may have more than now; undefined: not by waiting. */
  nextRetryMs(nowMs: number): number | undefined {
    let next: number | undefined
    for (const lane of this.#lanes.values()) {
      const untilMs = Math.max(lane.blockedUntilMs, this.#blockedUntilMs)
      if (untilMs <= nowMs || !lane.items.some(wantsSending)) continue
      next = Math.min(next ?? Infinity, untilMs)
    }
    return next
  }

  /** The item, when this told something new. */
  acked(clientId: string, level: 'durable' | 'stable', position: Position): QueueItem | undefined {
    this.#afterHlc = Math.max(this.#afterHlc, position.hlc)
    this.#singleFile.answered(clientId)
    const item = this.#byId.get(clientId)
    if (item === undefined || item.phase === 'stable') return undefined
    const lane = this.#lane(item.entry.conversation)
    lane.failures = 0
    const before = item.phase
    item.acked = true
    item.position = position
    item.reason = undefined
    this.#move(item, level)
    return before === level ? undefined : item
  }

  /** Its event was seen: as good as an acknowledgement that it is durable. */
  seen(clientId: string, position: Position): QueueItem | undefined {
    this.#afterHlc = Math.max(this.#afterHlc, position.hlc)
    this.#singleFile.answered(clientId)
    const item = this.#byId.get(clientId)
    if (item === undefined) return undefined
    item.position ??= position
    if (item.phase === 'durable' || item.phase === 'stable') return undefined
    item.asked &&= item.phase === 'sent'
    item.reason = undefined
    this.#move(item, 'durable')
    return item
  }

  /** Everything durable of this origin up to `seq` is stable. */
  stableUpTo(conversation: string, origin: string, seq: number): readonly QueueItem[] {
    const items = (this.#lanes.get(conversation)?.items ?? []).filter(
      ({ phase, position }) => phase === 'durable' && position?.origin === origin && position.seq <= seq,
    )
    for (const item of items) this.#move(item, 'stable')
    return items
  }

  /** @param roll uniform in [0, 1) */
  refused({ clientId, code, retryAfterMs }: Refusal, nowMs: number, roll: number): RefusalVerdict {
    if (!concernsAll(code)) this.#singleFile.answered(clientId)
    const item = this.#byId.get(clientId)
    if (item === undefined || item.phase === 'stable' || item.phase === 'failed') return { is: 'ignored' }
    // A durable one that was asked for again is durable, whatever is said now. Asked once more in a while, or,
    // refused for good, at the next resume: at once would be without end.
    if (item.phase === 'durable') {
      item.asked = remedyFor(code) === 'fix' || remedyFor(code) === 'giveUp'
      if (!item.asked) this.#block(this.#lane(item.entry.conversation), code, retryAfterMs, nowMs, roll)
      return { is: 'ignored' }
    }
    item.asked = false
    // Our afterHlc came from a clock that was wrong: go on without it.
    if (code === 'clockSkew') this.#afterHlc = 0
    const remedy = code === 'clockSkew' ? 'retry' : remedyFor(code)
    if (remedy === 'fix' || remedy === 'giveUp') {
      if (code === 'conversationExists' && isDirectCreate(item.entry))
        return { is: 'needless', item: this.#gone(item) }
      return { is: 'failed', failed: this.fail(clientId, code) }
    }
    if (item.phase !== 'sent') return { is: 'ignored' }
    return { is: 'later', requeued: this.#requeue(item, code, retryAfterMs, nowMs, roll) }
  }

  /** Those behind it named it, or one behind it, as `after`: they go again too, in order. */
  #requeue(
    item: Item,
    code: string,
    retryAfterMs: number | undefined,
    nowMs: number,
    roll: number,
  ): QueueItem[] {
    const lane = this.#lane(item.entry.conversation)
    const from = code === 'outOfOrder' ? 0 : lane.items.indexOf(item)
    const chain = lane.items.slice(from).filter(({ phase }) => phase === 'sent')
    for (const behind of chain) this.#move(behind, 'queued')
    this.#block(lane, code, retryAfterMs, nowMs, roll)
    return chain
  }

  #block(lane: Lane, code: string, retryAfterMs: number | undefined, nowMs: number, roll: number): void {
    if (nowMs < lane.blockedUntilMs) return
    const delayMs = retryAfterMs ?? fullJitterMs(BACKOFF, lane.failures, { next: () => roll })
    lane.failures++
    lane.blockedUntilMs = nowMs + delayMs
    if (!concernsAll(code)) return
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, lane.blockedUntilMs)
    this.#singleFile.begin()
  }

  /** Fails it for good, and, when it would have created the conversation, what waits for that. */
  fail(clientId: string, reason: string): readonly QueueItem[] {
    const item = this.#byId.get(clientId)
    if (item === undefined) return []
    const lane = this.#lane(item.entry.conversation)
    // Those behind it named it as `after` and will be refused for that: they go on at once, not after a long wait.
    lane.failures = 0
    const behind = item.entry.kind === 'create' ? lane.items : []
    const failed = [item, ...behind.filter((other) => other !== item && isWaiting(other))]
    for (const one of failed) {
      one.reason = reason
      this.#move(one, 'failed')
    }
    return failed
  }

  /** Fails what is older than any server would still accept. */
  expire(nowMs: number): readonly QueueItem[] {
    const expired: QueueItem[] = []
    for (const lane of this.#lanes.values()) {
      // In order of time: the first that is young enough ends the search.
      for (;;) {
        const item = lane.items.find(({ phase }) => phase === 'queued')
        if (item === undefined || uuidv7TimeMs(item.entry.clientId) + LIMITS.clientIdMaxAgeMs > nowMs) break
        expired.push(...this.fail(item.entry.clientId, 'expired'))
      }
    }
    return expired
  }

  /** Nothing that is on its way will be answered any more. */
  disconnected(): readonly QueueItem[] {
    const requeued: QueueItem[] = []
    for (const item of this.#byId.values()) {
      item.asked = false
      if (item.phase !== 'sent') continue
      this.#move(item, 'queued')
      requeued.push(item)
    }
    this.#unblock()
    return requeued
  }

  /** What is on its way goes again, by another connection; answers of either count. */
  moved(): void {
    for (const item of this.#byId.values()) item.asked = false
    this.#unblock()
  }

  /** Durable beyond what a server was told to be not yet stable: it is asked again, since it would not tell. */
  askBeyond(told: Readonly<Record<string, Cursor>>): void {
    for (const item of this.#byId.values()) {
      const { phase, position, entry } = item
      if (phase !== 'durable' || position === undefined) continue
      if (position.seq <= (told[entry.conversation]?.[position.origin] ?? 0)) continue
      item.acked = false
      item.asked = false
    }
  }

  #unblock(): void {
    for (const lane of this.#lanes.values()) lane.blockedUntilMs = 0
    this.#blockedUntilMs = 0
    this.#singleFile.end()
  }

  /** Durable but not stable: per conversation and origin the highest position. */
  unstable(): Record<string, Cursor> {
    return unstableAmong(this.#byId.values())
  }

  oldestDurable(): QueueItem | undefined {
    return oldestDurableAmong(this.#byId.values())
  }

  remove(clientId: string): QueueItem | undefined {
    const item = this.#byId.get(clientId)
    return item === undefined ? undefined : this.#gone(item)
  }

  #lane(conversation: string): Lane {
    let lane = this.#lanes.get(conversation)
    if (lane === undefined) {
      lane = { items: [], blockedUntilMs: 0, failures: 0 }
      this.#lanes.set(conversation, lane)
    }
    return lane
  }

  #insert(item: Item, place: number): void {
    this.#lane(item.entry.conversation).items.splice(place, 0, item)
    this.#byId.set(item.entry.clientId, item)
    this.#count[item.phase]++
  }

  #move(item: Item, phase: Phase): void {
    this.#count[item.phase]--
    this.#count[phase]++
    item.phase = phase
  }

  #gone(item: Item): QueueItem {
    const { conversation, clientId } = item.entry
    const items = this.#lane(conversation).items
    items.splice(items.indexOf(item), 1)
    if (items.length === 0) this.#lanes.delete(conversation)
    this.#byId.delete(clientId)
    this.#count[item.phase]--
    return item
  }
}
