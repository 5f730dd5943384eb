import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensureInstalled } from './apt.mjs'

/** A user's PATH often lacks the folders of daemons. */
const DAEMON_FOLDERS = ['/usr/local/sbin', '/usr/sbin']

const folders = () => [...new Set([...(process.env.PATH ?? '').split(delimiter), ...DAEMON_FOLDERS])]

const isThere = (program) => () => folders().some((folder) => existsSync(join(folder, program)))

/** HAProxy and NGINX for the tests of the edge: there, or installed with apt where that is allowed. Resolves with why not. */
export async function ensureProxies() {
  const purpose = 'the tests of the edge'
  const reasons = [
    await ensureInstalled('haproxy', purpose, isThere('haproxy')),
    await ensureInstalled('nginx-light', purpose, isThere('nginx')),
  ].filter((why) => why !== undefined)
  if (reasons.length > 0) return reasons.join('\n')
  process.env.PATH = folders().join(delimiter)
  return undefined
}
