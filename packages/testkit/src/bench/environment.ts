import { readFile } from 'node:fs/promises'
import os from 'node:os'
import pg from 'pg'

/** The machine that figures were measured on; without it they mean nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly os: string
  readonly node: string
}

export interface Environment extends Machine {
  readonly postgres: string
  readonly fsync: string
}

export async function describeEnvironment(databaseUrl: string): Promise<Environment> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const setting = async (name: 'server_version' | 'fsync'): Promise<string> => {
      const { rows } = await client.query<Record<string, string>>(`show ${name}`)
      return rows[0]?.[name] ?? 'unknown'
    }
    return {
      ...(await describeMachine()),
      postgres: await setting('server_version'),
      fsync: await setting('fsync'),
    }
  } finally {
    await client.end()
  }
}

export const describeMachine = async (): Promise<Machine> => ({
  cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
  cores: os.availableParallelism(),
  memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  os: `${await distribution()}, ${os.type()} ${os.release()} ${os.arch()}`,
  node: process.version,
})

async function distribution(): Promise<string> {
  try {
    const release = await readFile('/etc/os-release', 'utf8')
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? os.platform()
  } catch {
    return os.platform()
  }
}
