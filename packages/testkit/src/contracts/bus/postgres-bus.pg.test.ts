import { temporaryPostgres } from '@skein/embedded-postgres'
import { postgresBus, systemRuntime } from '@skein/server'
import pg from 'pg'
import { FaultProxy } from '../../cluster-bed/fault-proxy.ts'
import { busContract } from './bus-contract.ts'
import type { BusHarness } from './bus-harness.ts'
import { Buses, realTime } from './real-time.ts'

const runtime = systemRuntime()

const OUR_BACKENDS = `select pid from pg_stat_activity where application_name like 'skein-bus%'`

async function open(): Promise<BusHarness> {
  // A server of its own: its processes are going to be stopped.
  const database = await temporaryPostgres({ serverUrl: '' })
  const url = new URL(database.url)
  const name = url.pathname.slice(1)
  const proxy = await FaultProxy.open(Number(url.port), /listen "/i)
  url.port = String(proxy.port)
  const control = new pg.Client({
    connectionString: Object.assign(new URL(database.url), { pathname: '/template1' }).href,
  })
  await control.connect()
  const admit = (admitted: boolean) =>
    control.query(`alter database ${pg.escapeIdentifier(name)} allow_connections ${admitted}`)
  const buses = new Buses()
  let stopped: number[] = []
  const resume = async (): Promise<void> => {
    for (const pid of stopped.splice(0)) signal(pid, 'SIGCONT')
  }
  return {
    ...realTime,
    bus: (node) => buses.add(postgresBus({ node, runtime, url: url.href })),
    async kill() {
      await admit(false)
      await control.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, [name])
    },
    async revive() {
      await admit(true)
    },
    async hang() {
      const { rows } = await control.query<{ pid: number }>(OUR_BACKENDS)
      const postmaster = await control.query<{ pid: string }>(
        `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`,
      )
      stopped = [...postmaster.rows, ...rows].map(({ pid }) => Number(pid))
      for (const pid of stopped) signal(pid, 'SIGSTOP')
    },
    resume,
    deafen() {
      proxy.deaf = true
    },
    undeafen() {
      proxy.deaf = false
    },
    stopAll: () => buses.stopAll(),
    async dispose() {
      await control.end()
      await proxy.close()
      await database.dispose()
    },
  }
}

/** A backend may have ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

busContract('the bus on PostgreSQL', open)
