import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnAs, type Account } from './account.ts'
import { POSTGRES_MAJOR, randomSuffix, type Binaries } from './binaries.ts'
import { EmbeddedPostgresError, failureFromLog } from './embedded-postgres-error.ts'

/**
 * <dataDir>/cluster    what PostgreSQL calls its data directory
 * <dataDir>/password   the superuser's, 0600
 * <dataDir>/owner      which process of ours runs it
 */
export interface DataDirectory {
  readonly root: string
  readonly cluster: string
  readonly account: Account
}

export const SUPERUSER = 'skein'

/**
 * How PostgreSQL names its data directory. A root process enters it before it drops its rights and
 * says "where I am": so a clone below somebody's 0700 folder works although its path is out of reach.
 */
export const clusterArgument = ({ cluster, account }: DataDirectory): string =>
  account.other && process.platform === 'linux' ? '/proc/self/cwd' : cluster

/** Makes the cluster if there is none. Made aside and renamed: a kill in the middle leaves nothing half. */
export async function ensureCluster(
  dir: DataDirectory,
  binaries: Binaries,
  temporary: string,
  sync: boolean,
): Promise<string> {
  await mkdir(dir.root, { recursive: true, mode: 0o700 })
  const major = await readFile(join(dir.cluster, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (major === undefined) return makeCluster(dir, binaries, temporary, sync)
  if (Number(major) !== POSTGRES_MAJOR) {
    throw new EmbeddedPostgresError(
      'wrongMajor',
      `${dir.root} holds data of PostgreSQL ${major.trim()}; this version of Skein runs PostgreSQL ${POSTGRES_MAJOR}. ` +
        'Start it once more with the Skein that made it, take a dump, and load that into an empty directory; ' +
        'or point DATABASE_URL at a PostgreSQL that reads it.',
    )
  }
  const password = await readFile(join(dir.root, 'password'), 'utf8').catch(() => undefined)
  if (password === undefined) {
    throw new EmbeddedPostgresError(
      'cannotStart',
      `${join(dir.root, 'password')} is missing. Restore it from where the data came from.`,
    )
  }
  return password.trim()
}

async function makeCluster(
  dir: DataDirectory,
  binaries: Binaries,
  temporary: string,
  sync: boolean,
): Promise<string> {
  await removeUnfinished(dir.root)
  const password = randomBytes(24).toString('base64url')
  // Written first: a cluster without its password would be of no use.
  await writeFile(join(dir.root, 'password'), `${password}\n`, { mode: 0o600 })
  const suffix = randomSuffix()
  const aside = join(dir.root, `unfinished-${suffix}`)
  const passwordFile = join(temporary, `skein-pw-${suffix}`)
  await mkdir(aside, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  try {
    if (dir.account.other) {
      await chown(aside, dir.account.uid, dir.account.gid)
      await chown(passwordFile, dir.account.uid, dir.account.gid)
    }
    await initdb({ ...dir, cluster: aside }, binaries, passwordFile, sync)
    await rename(aside, dir.cluster)
  } finally {
    await rm(passwordFile, { force: true })
  }
  return password
}

async function removeUnfinished(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith('unfinished-')) await rm(join(root, name), { recursive: true, force: true })
  }
}

function initdb(dir: DataDirectory, binaries: Binaries, passwordFile: string, sync: boolean): Promise<void> {
  const args = [
    `--pgdata=${clusterArgument(dir)}`,
    '--encoding=UTF8',
    '--no-locale',
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--data-checksums',
    ...(sync ? [] : ['--no-sync']),
  ]
  const options = {
    cwd: dir.cluster,
    env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
    ...spawnAs(dir.account),
  }
  return new Promise((resolve, reject) => {
    execFile(binaries.initdb, args, options, (error, stdout, stderr) => {
      if (error === null) resolve()
      else reject(failureFromLog(`${stdout}\n${stderr || error.message}`, 'initdb'))
    })
  })
}
