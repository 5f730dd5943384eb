import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensureInstalled } from './apt.mjs'

const onPath = () =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'redis-server')))

/** Redis for the tests of the bus: on the PATH, or installed with apt where that is allowed. Resolves with why not. */
export const ensureRedis = () => ensureInstalled('redis-server', 'the tests of the bus', onPath)
