import { readFile, rename, writeFile } from 'node:fs/promises'
import type { DispatchCache } from '../dispatch/cache.ts'

/** Keeps the last good list in a file: written beside it and then renamed, so that it is never half there. */
export const fileDispatchCache = (path: string): DispatchCache => ({
  load: () =>
    readFile(path, 'utf8').catch((error: unknown) => {
      if (isMissing(error)) return undefined
      throw error
    }),
  async save(text) {
    const fresh = `${path}.${process.pid}.new`
    await writeFile(fresh, text, { mode: 0o600 })
    await rename(fresh, path)
  },
})

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
