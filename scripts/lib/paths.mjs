import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export const tool = (name) => join(root, 'node_modules', '.bin', name)

/** Children find the Node that runs this script first, so that a matrix run stays on its version. */
export const childEnv = (extra = {}) => ({
  ...process.env,
  PATH: dirname(process.execPath) + delimiter + (process.env.PATH ?? ''),
  ...extra,
})
