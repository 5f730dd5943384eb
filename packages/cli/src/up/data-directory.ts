import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** What `skein up` keeps beside each other, `.skein` in the working directory unless told otherwise. */
export interface DataDirectory {
  readonly root: string
  readonly postgres: string
  readonly lock: string
  readonly secrets: string
  readonly run: string
  /** What the node says, since the last start. */
  readonly log: string
}

export const DEFAULT_DATA = '.skein'

export function dataDirectory(path: string): DataDirectory {
  const root = resolve(path)
  return {
    root,
    postgres: join(root, 'postgres'),
    lock: join(root, 'up.lock'),
    secrets: join(root, 'secrets.json'),
    run: join(root, 'run.json'),
    log: join(root, 'node.log'),
  }
}

export async function makeDataDirectory(path: string): Promise<DataDirectory> {
  const directory = dataDirectory(path)
  await mkdir(directory.root, { recursive: true })
  return directory
}
