import { CreateBody, type Cursor } from '@skein/protocol'
import type { OutboxEntry } from './storage.ts'

/**
 *   storing ──▶ queued ⇄ sent ──▶ durable ──▶ stable (until its event is seen) ──▶ gone
 *                  └──────┴─▶ failed ──▶ gone (retried under a new id, or discarded)
 */
export type Phase = 'storing' | 'queued' | 'sent' | 'durable' | 'stable' | 'failed'

/** How many items are in each phase. */
export const noneYet = (): Record<Phase, number> => ({
  storing: 0,
  queued: 0,
  sent: 0,
  durable: 0,
  stable: 0,
  failed: 0,
})

export interface Position {
  readonly origin: string
  readonly seq: number
  readonly hlc: number
}

export interface QueueItem {
  readonly entry: OutboxEntry
  readonly phase: Phase
  readonly reason: string | undefined
  readonly position: Position | undefined
  /** The server acknowledged it (its event alone may have told that it is durable). */
  readonly acked: boolean
  /** An answer is on its way on this connection. */
  readonly asked: boolean
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
export type Item = Mutable<QueueItem>

/** The outbox of one conversation. */
export interface Lane {
  readonly items: Item[]
  blockedUntilMs: number
  failures: number
}

export const fresh = (entry: OutboxEntry): Omit<Item, 'phase'> => ({
  entry,
  reason: undefined,
  position: undefined,
  acked: false,
  asked: false,
})

export const isWaiting = ({ phase }: QueueItem): boolean =>
  phase === 'storing' || phase === 'queued' || phase === 'sent'

export const wantsSending = ({ phase, acked, asked }: QueueItem): boolean =>
  phase === 'queued' || (phase === 'sent' && !asked) || (phase === 'durable' && !acked && !asked)

export function isDirectCreate({ kind, body }: OutboxEntry): boolean {
  if (kind !== 'create') return false
  const parsed = CreateBody.safeParse(JSON.parse(body))
  return parsed.success && parsed.data.type === 'direct'
}

/** Of those that are durable but not stable: per conversation and origin the highest position. */
export function unstableAmong(items: Iterable<QueueItem>): Record<string, Cursor> {
  const positions: Record<string, Cursor> = {}
  for (const { phase, position, entry } of items) {
    if (phase !== 'durable' || position === undefined) continue
    const cursor = positions[entry.conversation] ?? {}
    const seq = Math.max(cursor[position.origin] ?? 0, position.seq)
    positions[entry.conversation] = { ...cursor, [position.origin]: seq }
  }
  return positions
}

/** In the order in which they were said. */
export function oldestDurableAmong<T extends QueueItem>(items: Iterable<T>): T | undefined {
  let oldest: T | undefined
  for (const item of items) {
    if (item.phase === 'durable' && item.entry.order < (oldest?.entry.order ?? Infinity)) oldest = item
  }
  return oldest
}
