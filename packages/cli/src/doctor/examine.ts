import { stat, statfs, access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { schemaOf, withoutPassword } from '@skein/server'
import { Client } from 'pg'
import type { DataDirectory } from '../up/data-directory.ts'
import { checkPortFree } from '../up/free-port.ts'
import { readRunFile } from '../up/run-file.ts'
import { examineRedis } from './examine-redis.ts'
import { bad, good, note, type Finding } from './finding.ts'
import {
  judgeFreeSpace,
  judgeNodeVersion,
  judgePostgresVersion,
  judgeSchema,
  judgeSecret,
  judgeSecretFile,
  judgeSkew,
} from './judge.ts'

export interface ExamineOptions {
  readonly directory: DataDirectory
  readonly databaseUrl: string | undefined
  readonly port: number
  readonly env: Readonly<Record<string, string | undefined>>
}

const CONNECT_MS = 4_000

/** Looks at everything that Skein needs on this machine; each finding comes as soon as it is there. */
export async function* examine(options: ExamineOptions): AsyncGenerator<Finding> {
  yield judgeNodeVersion(process.versions.node)
  yield* examineDatabase(options)
  const redisUrl = options.env['SKEIN_REDIS_URL'] ?? options.env['REDIS_URL']
  if (redisUrl !== undefined && redisUrl !== '') yield await examineRedis(redisUrl)
  yield* examineData(options.directory)
  yield await examinePort(options)
  const secret = options.env['SKEIN_JWT_SECRET']
  if (secret !== undefined && secret !== '') yield judgeSecret(secret)
}

async function* examineDatabase({ directory, databaseUrl }: ExamineOptions): AsyncGenerator<Finding> {
  const url = databaseUrl ?? (await readRunFile(directory))?.databaseUrl
  if (url === undefined) {
    yield note(
      'Database',
      'none is named and no skein up runs',
      'skein up brings its own; skein node needs DATABASE_URL.',
    )
    return
  }
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const before = Date.now()
    const { rows } = await client.query<{ version: number; now: number }>(
      "select current_setting('server_version_num')::int as version, extract(epoch from clock_timestamp())::float8 * 1000 as now",
    )
    const after = Date.now()
    yield judgePostgresVersion(rows[0]?.version ?? 0)
    // The database looked at its clock about half way through the round trip.
    yield judgeSkew((before + after) / 2 - (rows[0]?.now ?? 0))
    yield judgeSchema(await schemaOf(client))
  } catch (error) {
    const why =
      error instanceof Error
        ? error.message || String('code' in error ? error.code : error.name)
        : String(error)
    yield bad(
      'Database',
      `${withoutPassword(url)}: ${why}`,
      'Check that it runs, and user, password and name in DATABASE_URL.',
    )
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function* examineData(directory: DataDirectory): AsyncGenerator<Finding> {
  const there = await stat(directory.root).catch(() => undefined)
  const place = there === undefined ? dirname(directory.root) : directory.root
  const writable = await access(place, constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!writable) yield bad('Data', `${place} cannot be written`, 'Use a place of your own with --data.')
  else yield good('Data', there === undefined ? `${directory.root} will be made` : directory.root)
  const disk = await statfs(place).catch(() => undefined)
  if (disk !== undefined) yield judgeFreeSpace(disk.bavail * disk.bsize, place)
  const secrets = await stat(directory.secrets).catch(() => undefined)
  if (secrets !== undefined) yield judgeSecretFile(secrets.mode, directory.secrets)
}

async function examinePort({ directory, port }: ExamineOptions): Promise<Finding> {
  const run = await readRunFile(directory)
  const ours = run !== undefined && URL.canParse(run.url) && Number(new URL(run.url).port) === port
  return checkPortFree('127.0.0.1', port).then(
    () => good('Port', `${port} is free`),
    () =>
      ours
        ? good('Port', `${port} is used by the skein up of this data`)
        : bad('Port', `${port} is taken by another process`, 'Stop that one, or choose another with --port.'),
  )
}
