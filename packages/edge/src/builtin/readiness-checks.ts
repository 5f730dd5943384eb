import type { Cancel, Runtime } from '@skein/core'
import type { Observation } from '../balance/health.ts'
import type { NodePool } from '../balance/node-pool.ts'
import { bracketed } from './ip-address.ts'

/** How often nodes are asked, and how long one may take to answer. */
export const CHECK_EVERY_MS = 400
export const CHECK_TIMEOUT_MS = 400

interface Place {
  readonly host: string
  readonly port: number
}

/** Asks a node whether it wants new clients. Never rejects. */
export type CheckNode = (node: Place) => Promise<Observation>

/** Asks every node again and again whether it wants connections. */
export class ReadinessChecks {
  readonly #pool: NodePool
  readonly #check: CheckNode
  readonly #runtime: Pick<Runtime, 'timers'>
  #stopped = false
  #cancel: Cancel = () => undefined
  #round: Promise<void> = Promise.resolve()

  constructor(pool: NodePool, runtime: Pick<Runtime, 'timers'>, check: CheckNode = checkOverHttp) {
    this.#pool = pool
    this.#runtime = runtime
    this.#check = check
  }

  start(): void {
    this.#round = this.#ask().finally(() => {
      if (!this.#stopped) this.#cancel = this.#runtime.timers.after(CHECK_EVERY_MS, () => this.start())
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#round
  }

  async #ask(): Promise<void> {
    await Promise.all(this.#pool.all().map(async (node) => this.#pool.judge(node, await this.#check(node))))
    this.#pool.tick()
  }
}

async function checkOverHttp({ host, port }: Place): Promise<Observation> {
  try {
    const response = await fetch(`http://${bracketed(host)}:${port}/readyz`, {
      signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
    })
    await response.body?.cancel()
    return response.ok ? 'ready' : 'unready'
  } catch (error) {
    return isRefused(error) ? 'refused' : 'silent'
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'ECONNREFUSED'
