import { startPostgres, type EmbeddedPostgres } from '@skein/embedded-postgres'
import type { DataDirectory } from './data-directory.ts'

export interface EmbeddedDatabase {
  readonly url: string
  readonly port: number
  readonly ended: Promise<string>
  stop(mode: 'fast' | 'immediate'): Promise<void>
}

const handle = (postgres: EmbeddedPostgres): EmbeddedDatabase => ({
  url: postgres.url,
  port: postgres.port,
  ended: postgres.exited.then(({ code, signal }) => signal ?? `exit code ${code}`),
  stop: (mode) => postgres.stop(mode),
})

/** The PostgreSQL that comes with Skein. `port`: that of the one before, so that its address stays. */
export const startDatabase = async (directory: DataDirectory, port = 0): Promise<EmbeddedDatabase> =>
  handle(await startPostgres({ dataDir: directory.postgres, port }))
