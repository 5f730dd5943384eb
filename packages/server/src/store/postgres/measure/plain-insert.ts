import type { Clock } from '@skein/core'
import { int2Array, int8Array, textArray, uuidArray } from '../connection/binary-array.ts'
import { connectOnce } from '../connection/connect-once.ts'
import type { CommitEntry } from '../../store.ts'

/** Lanes beyond any real one: plain rows take no part in the log. One per inserter keeps them apart. */
const FIRST_PLAIN_LANE = 10_000

const INSERT = {
  name: 'skein-plain-insert',
  text: `insert into skein.event (origin, at, lane, lane_offset, app, conversation, seq, hlc, count, sender, client_id, kind, body)
    select $1::smallint, e.* from unnest($2::bigint[], $3::smallint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
      $8::bigint[], $9::bigint[], $10::text[], $11::uuid[], $12::text[], $13::text[]) as e`,
}

export interface PlainInserter {
  insert(entries: readonly CommitEntry[]): Promise<void>
  close(): Promise<void>
}

/** Inserts rows with numbers that are made up here: no lock, no check, no head. */
export async function openPlainInserter(url: string, worker: number, clock: Clock): Promise<PlainInserter> {
  const client = await connectOnce(url)
  const lane = FIRST_PLAIN_LANE + worker
  const seqs = new Map<string, number>()
  // From the time on, so that a second measurement in the same database does not meet the first.
  const first = Math.floor(clock.now()) * 1_000
  let laneOffset = first
  const nextSeq = (conversation: string): number => {
    const seq = (seqs.get(conversation) ?? first) + 1
    seqs.set(conversation, seq)
    return seq
  }
  return {
    async insert(entries) {
      const atMs = Math.floor(clock.now())
      const conversations = entries.map((entry) => `${entry.conversation}-${worker}`)
      const numbers = conversations.map(nextSeq)
      const values = [
        0,
        int8Array(entries.map(() => atMs)),
        int2Array(entries.map(() => lane)),
        int8Array(entries.map(() => ++laneOffset)),
        textArray(entries.map((entry) => entry.app)),
        textArray(conversations),
        int8Array(numbers),
        int8Array(numbers.map((seq) => atMs * 1024 + seq - first)),
        int8Array(numbers),
        textArray(entries.map((entry) => entry.sender)),
        uuidArray(entries.map((entry) => entry.clientId)),
        textArray(entries.map((entry) => entry.kind)),
        textArray(entries.map((entry) => entry.body)),
      ]
      await client.query({ ...INSERT, values })
    },
    close: () => client.end(),
  }
}
