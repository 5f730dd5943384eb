import { bad, good, note, type Finding } from './finding.ts'

/** The pure half of the doctor: facts in, findings out. */

const LEAST_NODE = { major: 20, minor: 19 }
const LEAST_POSTGRES_MAJOR = 15
const LEAST_REDIS_MAJOR = 7
/** The log bounds clocks by this much; beyond, sends are refused as `clockSkew`. */
const SKEW_BAD_MS = 5_000
const SKEW_NOTE_MS = 500
const LEAST_FREE_BYTES = 1_073_741_824
const SECRET_BYTES = 32
const LEAST_DIFFERENT_CHARACTERS = 12

export function judgeNodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > LEAST_NODE.major || (major === LEAST_NODE.major && minor >= LEAST_NODE.minor)
  return enough
    ? good('Node', version)
    : bad('Node', `${version} is too old`, 'Install Node 20.19 or newer from https://nodejs.org.')
}

/** @param versionNumber as in `server_version_num`: 180004 is 18.4 */
export function judgePostgresVersion(versionNumber: number): Finding {
  const major = Math.floor(versionNumber / 10_000)
  return major >= LEAST_POSTGRES_MAJOR
    ? good('Database', `PostgreSQL ${major}.${versionNumber % 10_000} answers`)
    : bad('Database', `PostgreSQL ${major} is too old`, `Upgrade it to ${LEAST_POSTGRES_MAJOR} or newer.`)
}

/** @param version as in INFO; servers that hide it answer with nothing */
export function judgeRedisVersion(version: string): Finding {
  if (version === '')
    return note(
      'Redis',
      'answers, and does not tell its version',
      `It should be ${LEAST_REDIS_MAJOR} or newer.`,
    )
  return Number(version.split('.')[0]) >= LEAST_REDIS_MAJOR
    ? good('Redis', `${version} answers`)
    : bad('Redis', `${version} is too old`, `Upgrade it to ${LEAST_REDIS_MAJOR} or newer.`)
}

export interface SchemaFacts {
  /** The newest migration that was applied. */
  readonly applied: number
  readonly state: 'current' | 'empty' | 'older' | 'newer'
}

export function judgeSchema({ applied, state }: SchemaFacts): Finding {
  switch (state) {
    case 'current':
      return good('Schema', `version ${applied}`)
    case 'empty':
      return note('Schema', 'there is none yet', 'Run skein migrate, or set SKEIN_AUTO_MIGRATE=true.')
    case 'older':
      return bad('Schema', `version ${applied} is older than this Skein needs`, 'Run skein migrate.')
    case 'newer':
      return bad('Schema', `version ${applied} is newer than this Skein knows`, 'Use the newer Skein.')
  }
}

export function judgeSkew(skewMs: number): Finding {
  const size = Math.abs(skewMs)
  if (size < 1) return good('Clock', 'agrees with the database')
  const text = `${skewMs < 0 ? 'behind' : 'ahead of'} the database by ${Math.round(size)} ms`
  const remedy = 'Let both machines follow a time server (chrony, systemd-timesyncd).'
  if (size >= SKEW_BAD_MS) return bad('Clock', text, remedy)
  return size >= SKEW_NOTE_MS ? note('Clock', text, remedy) : good('Clock', text)
}

export function judgeFreeSpace(freeBytes: number, place: string): Finding {
  const gibibytes = (freeBytes / 1_073_741_824).toFixed(1)
  return freeBytes < LEAST_FREE_BYTES
    ? bad('Disk', `${gibibytes} GiB free at ${place}`, 'Make room: a full disk stops the database.')
    : good('Disk', `${gibibytes} GiB free at ${place}`)
}

export function judgeSecret(secret: string): Finding {
  const bytes = Buffer.byteLength(secret)
  const remedy = 'Make one with openssl rand -base64 48.'
  if (bytes < SECRET_BYTES) return bad('Secret', `${bytes} bytes, ${SECRET_BYTES} are needed`, remedy)
  if (new Set(secret).size < LEAST_DIFFERENT_CHARACTERS)
    return bad('Secret', 'few different characters; it looks guessable', remedy)
  return good('Secret', `${bytes} bytes`)
}

/** @param mode permission bits of the file */
export function judgeSecretFile(mode: number, path: string): Finding {
  return (mode & 0o077) === 0
    ? good('Secrets', `${path} is readable by its owner only`)
    : bad('Secrets', `${path} can be read by others`, `Run chmod 600 ${path}.`)
}
