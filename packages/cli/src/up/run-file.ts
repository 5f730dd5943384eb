import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { DataDirectory } from './data-directory.ts'

/** Tells other commands where a running `skein up` is. */
export interface RunFile {
  readonly pid: number
  readonly url: string
  readonly databaseUrl?: string
  /** Public half of the key that signs its list of endpoints. */
  readonly dispatchKey?: string
}

export async function writeRunFile(directory: DataDirectory, run: RunFile): Promise<void> {
  const aside = `${directory.run}.${process.pid}`
  await writeFile(aside, `${JSON.stringify(run)}\n`, { mode: 0o600 })
  await rename(aside, directory.run)
}

export const removeRunFile = (directory: DataDirectory): Promise<void> => rm(directory.run, { force: true })

export async function readRunFile(directory: DataDirectory): Promise<RunFile | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(directory.run, 'utf8'))
    if (typeof value !== 'object' || value === null || !('url' in value) || !('pid' in value))
      return undefined
    const { url, pid } = value
    if (typeof url !== 'string' || !URL.canParse(url) || typeof pid !== 'number') return undefined
    const databaseUrl =
      'databaseUrl' in value && typeof value.databaseUrl === 'string' ? value.databaseUrl : undefined
    const dispatchKey =
      'dispatchKey' in value && typeof value.dispatchKey === 'string' ? value.dispatchKey : undefined
    return {
      pid,
      url,
      ...(databaseUrl !== undefined && { databaseUrl }),
      ...(dispatchKey !== undefined && { dispatchKey }),
    }
  } catch {
    return undefined
  }
}
