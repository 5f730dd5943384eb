// How many lanes: the batch commit driven bare against the plain insert of the same rows, on the built packages.
//   node bench/lanes/run.mjs [--seconds 2] [--lanes 1,2,4,8] [--batches 100,500] [--json]
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { platformRandom } from '@skein/core'
import { temporaryPostgres } from '@skein/embedded-postgres'
import { measureCommits, measurePlainInserts, openPostgresStore, prepareWorkload } from '@skein/server'

const CONVERSATIONS = 100
const CONNECTIONS = 2
const TURNS = 5

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    lanes: { type: 'string', default: '1,2,4,8' },
    batches: { type: 'string', default: '100,500' },
    json: { type: 'boolean', default: false },
  },
})
const numbers = (text) => text.split(',').map(Number)
const durationMs = Number(values.seconds) * 1_000
const batches = numbers(values.batches)

const runtime = {
  clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
  timers: {
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    afterTurn: (run) => setImmediate(run),
  },
  random: platformRandom(),
}

/** Commit and insert in short turns, so that whatever else the machine does falls on both. */
async function measureBatch(store, url, workload, batch) {
  const options = { runtime, workload, batch, connections: CONNECTIONS, durationMs: durationMs / TURNS }
  await measureCommits(store, options)
  const sum = { commits: 0, inserts: 0 }
  for (let turn = 0; turn < TURNS; turn++) {
    sum.commits += (await measureCommits(store, options)).perSecond
    sum.inserts += (await measurePlainInserts(url, options)).perSecond
  }
  const commitsPerSecond = Math.round(sum.commits / TURNS)
  const insertsPerSecond = Math.round(sum.inserts / TURNS)
  return {
    commitsPerSecond,
    insertsPerSecond,
    ratio: Number((commitsPerSecond / insertsPerSecond).toFixed(2)),
  }
}

async function measureLanes(lanes) {
  const database = await temporaryPostgres()
  const store = await openPostgresStore({
    url: database.url,
    region: 'bench',
    runtime,
    autoMigrate: true,
    lanes,
  })
  try {
    const workload = await prepareWorkload(store, runtime, 'bench', Math.ceil(CONVERSATIONS / lanes))
    const rows = []
    for (const batch of batches)
      rows.push({ lanes, batch, ...(await measureBatch(store, database.url, workload, batch)) })
    return rows
  } finally {
    await store.close()
    await database.dispose()
  }
}

const figures = []
for (const lanes of numbers(values.lanes)) {
  for (const row of await measureLanes(lanes)) {
    figures.push(row)
    if (!values.json) {
      const { batch, commitsPerSecond, insertsPerSecond, ratio } = row
      console.log(
        `lanes ${lanes}  batch ${batch}  commit ${commitsPerSecond}/s  plain insert ${insertsPerSecond}/s  ratio ${ratio}`,
      )
    }
  }
}
if (values.json) {
  const environment = {
    node: process.version,
    cpus: cpus().length,
    cpu: cpus()[0]?.model,
    connections: CONNECTIONS,
  }
  console.log(JSON.stringify({ bench: 'lanes', figures, environment }, null, 2))
}
