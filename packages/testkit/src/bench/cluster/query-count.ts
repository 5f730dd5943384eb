import pg from 'pg'
import type { ClusterBed } from '../../cluster-bed/cluster-bed.ts'

/**
 * Left out: what a node asks by the clock or for sends, however many sessions come back. That is the tail
 * of the log and the lanes' locks, the registry, commits and their authorisation, the bus, and what
 * PostgreSQL's clients say between transactions.
 */
const NOT_FOR_RESUMES =
  '(skein\\.(lane|node|commit_messages)\\M|pg_notify|pg_stat_statements|is not null as member|^\\s*(begin|commit|rollback|set|show|listen|unlisten|insert|update|delete|create|alter|do)\\M)'

/** For a bed whose nodes do not run yet: every statement is counted from now on. */
export async function prepareQueryCount({ database }: ClusterBed): Promise<void> {
  await once(database.url, `alter system set shared_preload_libraries = 'pg_stat_statements'`)
  await database.shutDown()
  await database.start()
  await once(database.url, 'create extension if not exists pg_stat_statements')
}

/** How often the database was asked for what resumes need. */
export class QueryCount implements AsyncDisposable {
  readonly #client: pg.Client

  private constructor(client: pg.Client) {
    this.#client = client
  }

  static async open(url: string): Promise<QueryCount> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return new QueryCount(client)
  }

  async reads(): Promise<number> {
    const { rows } = await this.#client.query<{ calls: string | null }>(
      'select sum(calls) as calls from pg_stat_statements where query !~* $1',
      [NOT_FOR_RESUMES],
    )
    return Number(rows[0]?.calls ?? 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end()
  }
}

async function once(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
