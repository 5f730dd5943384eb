import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SavedState } from './haproxy-driver.ts'

/** What HAProxy reads from the folder when it starts or reloads. */
export const MAP_FILE = 'nodes.map'
export const STATE_FILE = 'server-state'

/** Writes what a reload should find again. A reader never sees half of it. */
export const saveTo =
  (folder: string) =>
  async ({ servers, map }: SavedState): Promise<void> => {
    await replace(join(folder, STATE_FILE), servers)
    await replace(join(folder, MAP_FILE), [...map].map((entry) => `${entry.join(' ')}\n`).join(''))
  }

/** HAProxy does not start without the file of a map. What is there stays. */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of [MAP_FILE, STATE_FILE]) await writeFile(join(folder, name), '', { flag: 'a' })
}

async function replace(path: string, text: string): Promise<void> {
  // Two drivers of one proxy may write at one moment.
  const next = `${path}.${randomUUID()}`
  await writeFile(next, text)
  await rename(next, path)
}
