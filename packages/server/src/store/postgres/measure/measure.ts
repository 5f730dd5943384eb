import { assert, type Runtime } from '@skein/core'
import type { Store } from '../../store.ts'
import { messages, type Workload } from './workload.ts'
import { openPlainInserter } from './plain-insert.ts'

export interface MeasureOptions {
  readonly runtime: Runtime
  readonly workload: Workload
  /** Messages in one batch. */
  readonly batch: number
  /** Batches under way at once, each on a connection of its own. */
  readonly connections: number
  readonly durationMs: number
}

export interface Measured {
  readonly perSecond: number
  readonly rows: number
}

/** The batch commit driven bare: what a node could reach if it had nothing else to do. */
export function measureCommits(store: Store, options: MeasureOptions): Promise<Measured> {
  const { runtime, workload, batch, connections } = options
  const { lanes } = store.identity
  return repeat(options, async (worker, round) => {
    // Each worker keeps to lanes of its own, as far as there are enough.
    const lane =
      lanes <= worker
        ? worker % lanes
        : worker + connections * (round % Math.ceil((lanes - worker) / connections))
    const outcomes = await store.commit(
      lane,
      messages(runtime, workload.app, workload.byLane[lane] ?? [], batch),
    )
    const refused = outcomes.find((outcome) => outcome.status === 'refused')
    assert(refused === undefined, `the measured commit is accepted: ${JSON.stringify(refused)}`)
  })
}

/** The same rows into the same table and indexes by a plain multi-row insert: what the database can take at most. */
export async function measurePlainInserts(url: string, options: MeasureOptions): Promise<Measured> {
  const { runtime, workload, batch, connections } = options
  const conversations = workload.byLane.flat()
  const inserters = await Promise.all(
    Array.from({ length: connections }, (_, worker) => openPlainInserter(url, worker, runtime.clock)),
  )
  try {
    return await repeat(options, async (worker) => {
      await inserters[worker]?.insert(messages(runtime, workload.app, conversations, batch))
    })
  } finally {
    await Promise.all(inserters.map((inserter) => inserter.close()))
  }
}

async function repeat(
  options: MeasureOptions,
  run: (worker: number, round: number) => Promise<void>,
): Promise<Measured> {
  const { runtime, batch, connections, durationMs } = options
  const begunMs = runtime.clock.monotonicMs()
  let rows = 0
  const worker = async (index: number): Promise<void> => {
    for (let round = 0; runtime.clock.monotonicMs() - begunMs < durationMs; round++) {
      await run(index, round)
      rows += batch
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, index) => worker(index)))
  return { perSecond: Math.round((rows * 1_000) / (runtime.clock.monotonicMs() - begunMs)), rows }
}
