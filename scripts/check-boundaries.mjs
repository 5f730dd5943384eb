import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { artefactProblems, boundaryProblems, lockProblems } from './lib/boundaries.mjs'
import { root } from './lib/paths.mjs'
import { readSources, trackedFiles } from './lib/sources.mjs'

const problems = [
  ...boundaryProblems(readSources()),
  ...artefactProblems(trackedFiles()),
  ...lockProblems(readFileSync(join(root, 'package-lock.json'), 'utf8')),
]
for (const problem of problems) console.log(problem)
process.exitCode = problems.length > 0 ? 1 : 0
