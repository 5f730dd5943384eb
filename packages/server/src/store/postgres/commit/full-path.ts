import type pg from 'pg'
import { BatchDraft, type BatchContext } from './batch-draft.ts'
import { needsOf } from './batch-needs.ts'
import { loadBatch, lockLanes } from './load.ts'
import { writeBatch } from './write.ts'
import type { CommitEntry, CommitOutcome } from '../../store.ts'

export type LogContext = Omit<BatchContext, 'laneOffsets' | 'origin'>

export interface FullAnswer {
  readonly outcomes: readonly CommitOutcome[]
  /** Conversations whose membership has changed. */
  readonly changed: readonly { readonly app: string; readonly id: string }[]
}

/**
 * Every check, for every kind: lock the lanes of the batch and of the user logs that it may write, load,
 * decide in memory, write. Runs inside a transaction; some round trips, so only for what is unusual.
 */
export async function commitFull(
  client: pg.ClientBase,
  origin: { readonly id: number; readonly name: string },
  context: LogContext,
  entries: readonly CommitEntry[],
): Promise<FullAnswer> {
  const needs = needsOf(entries)
  const laneOffsets = await lockLanes(
    client,
    needs.logs.map((log) => context.laneOf(log.app, log.conversation)),
  )
  const loaded = await loadBatch(client, needs)
  const draft = new BatchDraft(loaded, { ...context, origin: origin.name, laneOffsets })
  const outcomes = entries.map((entry) => draft.commit(entry))
  await writeBatch(client, draft, origin)
  return { outcomes, changed: [...draft.changed].map(({ log }) => ({ app: log.app, id: log.id })) }
}
