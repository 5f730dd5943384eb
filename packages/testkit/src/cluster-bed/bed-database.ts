import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startPostgres } from '@skein/embedded-postgres'

const SETTINGS = { max_connections: '100' }

/** A PostgreSQL of the bed's own that can be killed and started again where it was. */
export class BedDatabase {
  readonly url: string
  readonly port: number
  readonly #dataDir: string
  #server: EmbeddedPostgres

  private constructor(dataDir: string, server: EmbeddedPostgres) {
    this.#dataDir = dataDir
    this.#server = server
    this.url = server.url
    this.port = server.port
  }

  static async open(): Promise<BedDatabase> {
    const dataDir = await mkdtemp(join(tmpdir(), 'skein-bed-'))
    try {
      return new BedDatabase(dataDir, await startPostgres({ dataDir, settings: SETTINGS }))
    } catch (error) {
      await rm(dataDir, { recursive: true, force: true })
      throw error
    }
  }

  /** As a loss of power: the processes are gone, what was committed is on disk. */
  async kill(): Promise<void> {
    process.kill(this.#server.pid, 'SIGKILL')
    await this.#server.exited
  }

  /** As an operator does it: connections are ended, everything is written. */
  async shutDown(): Promise<void> {
    await this.#server.stop('fast')
  }

  async start(): Promise<void> {
    this.#server = await startPostgres({ dataDir: this.#dataDir, port: this.port, settings: SETTINGS })
  }

  async dispose(): Promise<void> {
    await this.#server.stop('immediate')
    await rm(this.#dataDir, { recursive: true, force: true })
  }
}
