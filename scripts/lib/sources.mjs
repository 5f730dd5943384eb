import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './paths.mjs'

const git = (args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)

export const trackedFiles = () => git(['ls-files', '-z'])

/** Text of every source file, tracked or new, by path. */
export function readSources() {
  const paths = new Set([...trackedFiles(), ...git(['ls-files', '-z', '--others', '--exclude-standard'])])
  const sources = new Map()
  for (const path of [...paths].sort()) {
    if (/\.(ts|tsx|mjs)$/.test(path) && existsSync(join(root, path))) {
      sources.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  return sources
}
