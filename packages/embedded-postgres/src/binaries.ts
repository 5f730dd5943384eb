import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import {
  access,
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/** The only major version whose data directories are read and written. */
export const POSTGRES_MAJOR = 18

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** Of the package, for example `18.4.0-beta.17`. */
  readonly version: string
}

interface Installed {
  readonly native: string
  readonly version: string
  readonly symlinks: readonly { readonly source: string; readonly target: string }[]
}

/** Finds the platform's package. Its install script is never run, so its symlinks may be missing. */
async function findInstalled(): Promise<Installed> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'notSupportedPlatform',
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} here (${name} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL of version 15 or newer instead.',
      cause,
    )
  }
  const root = resolve(dirname(entry), '..')
  const manifest = await readJson(join(root, 'package.json'))
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
  const symlinks = await readJson(join(root, 'native', 'pg-symlinks.json')).catch(() => [])
  return {
    native: join(root, 'native'),
    version,
    symlinks: Array.isArray(symlinks) ? symlinks.filter(isSymlink) : [],
  }
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'))
}

function isSymlink(value: unknown): value is Installed['symlinks'][number] {
  if (typeof value !== 'object' || value === null || !('source' in value) || !('target' in value))
    return false
  return typeof value.source === 'string' && typeof value.target === 'string'
}

/**
 * Binaries that `uid` can run. They are used where they are when that is possible; otherwise (root,
 * whose clone another user may not reach; or symlinks that nobody made) from a copy in `cacheRoot`.
 */
export async function prepareBinaries(uid: number, mustCopy: boolean, cacheRoot: string): Promise<Binaries> {
  const installed = await findInstalled()
  const inPlace = !mustCopy && (await symlinksExist(installed))
  const home = inPlace ? installed.native : await copyOf(installed, uid, cacheRoot)
  return {
    initdb: join(home, 'bin', 'initdb'),
    postgres: join(home, 'bin', 'postgres'),
    version: installed.version,
  }
}

async function symlinksExist({ native, symlinks }: Installed): Promise<boolean> {
  const root = dirname(native)
  const found = await Promise.all(
    symlinks.map(({ target }) =>
      stat(join(root, target)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.every(Boolean)
}

/** A complete copy under a name that says what it is; made aside and renamed, so never seen half done. */
async function copyOf(installed: Installed, uid: number, cacheRoot: string): Promise<string> {
  await mkdir(cacheRoot, { recursive: true })
  const home = join(cacheRoot, `skein-postgres-${installed.version}-${uid}`)
  const files = await listFiles(installed.native)
  if (await isComplete(home, installed, files)) return home
  const aside = await mkdtemp(`${home}.`)
  await makeCopy(aside, installed, files)
  // Somebody else's folder under our name, or one that a cleaner of temporary files has eaten into.
  await rename(home, `${aside}.old`).catch(() => undefined)
  try {
    await rename(aside, home)
  } catch {
    // Another process was faster, or the name belongs to another user: our own copy serves as well.
    if (await isComplete(home, installed, files)) await rm(aside, { recursive: true, force: true })
    else return aside
  }
  await rm(`${aside}.old`, { recursive: true, force: true }).catch(() => undefined)
  return home
}

interface SourceFile {
  readonly path: string
  readonly size: number
}

async function listFiles(root: string): Promise<readonly SourceFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  // Static libraries and the like are for building against PostgreSQL, not for running it.
  const wanted = entries.filter((entry) => entry.isFile() && !/\.(a|pc)$/.test(entry.name))
  return Promise.all(
    wanted.map(async (entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path: relative(root, path), size: (await stat(path)).size }
    }),
  )
}

/** Ours, writable by nobody else (others share this folder), and every file there in full. */
async function isComplete(
  home: string,
  installed: Installed,
  files: readonly SourceFile[],
): Promise<boolean> {
  const top = await lstat(home).catch(() => undefined)
  if (top === undefined || !top.isDirectory() || top.uid !== process.geteuid?.() || (top.mode & 0o022) !== 0)
    return false
  const whole = await Promise.all(
    files.map(async ({ path, size }) => (await stat(join(home, path)).catch(() => undefined))?.size === size),
  )
  const linked = await Promise.all(
    installed.symlinks.map(({ target }) =>
      readlink(join(home, insideNative(target))).then(
        () => true,
        () => false,
      ),
    ),
  )
  return whole.every(Boolean) && linked.every(Boolean)
}

async function makeCopy(home: string, installed: Installed, files: readonly SourceFile[]): Promise<void> {
  await chmod(home, 0o755)
  const folders = new Set(files.map(({ path }) => dirname(path)))
  for (const folder of folders) await mkdir(join(home, folder), { recursive: true, mode: 0o755 })
  for (const { path } of files) {
    await copyFile(join(installed.native, path), join(home, path), constants.COPYFILE_FICLONE)
    await chmod(join(home, path), path.startsWith('bin') || /\.(so|dylib)/.test(path) ? 0o755 : 0o644)
  }
  for (const { source, target } of installed.symlinks) {
    const link = join(home, insideNative(target))
    await symlink(relative(dirname(link), join(home, insideNative(source))), link)
  }
}

const insideNative = (path: string): string => path.replace(/^native\//, '')

/** The first folder for temporary files that another user can reach. */
export async function reachableTemporary(candidates: readonly string[]): Promise<string> {
  for (const candidate of candidates) {
    if ((await reachableByOthers(candidate)) && (await writable(candidate))) return candidate
  }
  throw new EmbeddedPostgresError(
    'cannotStart',
    `PostgreSQL does not run as root, and an unprivileged user can reach none of ${candidates.join(', ')}. ` +
      'Make one of them searchable for others (chmod o+x), or run as an ordinary user.',
  )
}

async function reachableByOthers(path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined)
    if (found === undefined || (found.mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

const writable = (path: string): Promise<boolean> =>
  access(path, constants.W_OK).then(
    () => true,
    () => false,
  )

export const randomSuffix = (): string => randomBytes(4).toString('hex')
