import { setTimeout as sleep } from 'node:timers/promises'
import { RedisProcess } from './redis-process.ts'

/** How long a Sentinel and a replica may take to know each other, and a fail-over to be over. */
const FORMING_MS = 20_000
const POLL_MS = 50
/** The primary counts as dead after this; small, so that a fail-over is over soon. */
const DOWN_AFTER_MS = 1_000
/** A fail-over that came to nothing is tried again after twice this. */
const FAILOVER_TIMEOUT_MS = 2_000

/** A primary, a replica, and the Sentinel that lets the one take the other's place. */
export class SentinelSet {
  readonly primary: RedisProcess
  readonly replica: RedisProcess
  readonly sentinel: RedisProcess
  readonly #name: string

  private constructor(name: string, primary: RedisProcess, replica: RedisProcess, sentinel: RedisProcess) {
    this.#name = name
    this.primary = primary
    this.replica = replica
    this.sentinel = sentinel
  }

  static async open(name: string): Promise<SentinelSet> {
    const started: RedisProcess[] = []
    const keep = (server: RedisProcess): RedisProcess => {
      started.push(server)
      return server
    }
    try {
      const primary = keep(await RedisProcess.redis())
      const replica = keep(await RedisProcess.redis(`replicaof 127.0.0.1 ${primary.port}`))
      await answer(replica, 'INFO replication', 'link_status:up')
      const sentinel = keep(
        await RedisProcess.sentinel(
          `sentinel monitor ${name} 127.0.0.1 ${primary.port} 1`,
          `sentinel down-after-milliseconds ${name} ${DOWN_AFTER_MS}`,
          `sentinel failover-timeout ${name} ${FAILOVER_TIMEOUT_MS}`,
        ),
      )
      await answer(sentinel, `SENTINEL REPLICAS ${name}`, 'master-link-status\r\n$2\r\nok')
      return new SentinelSet(name, primary, replica, sentinel)
    } catch (error) {
      await Promise.all(started.map((server) => server.dispose()))
      throw error
    }
  }

  get url(): string {
    return `redis+sentinel://127.0.0.1:${this.sentinel.port}/${this.#name}`
  }

  /** Resolves when the replica has taken over. */
  async failedOver(): Promise<void> {
    await answer(this.replica, 'ROLE', 'master')
  }

  async dispose(): Promise<void> {
    await Promise.all([this.sentinel, this.replica, this.primary].map((server) => server.dispose()))
  }
}

async function answer(server: RedisProcess, command: string, expected: string): Promise<void> {
  const deadlineMs = performance.now() + FORMING_MS
  for (;;) {
    const said = await server.command(command)
    if (said.includes(expected)) return
    if (performance.now() > deadlineMs)
      throw new Error(`Redis did not get ready: ${command} answers ${said.slice(0, 500)}`)
    await sleep(POLL_MS)
  }
}
