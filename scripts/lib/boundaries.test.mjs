import { expect, test } from 'vitest'
import { artefactProblems, boundaryProblems, lockProblems } from './boundaries.mjs'

const problemsOf = (path, text) => boundaryProblems(new Map([[path, text]]))

test('a package that imports upward or sideways is named, with what it may import', () => {
  expect(problemsOf('packages/resilience/src/a.ts', "import { x } from '@skein/protocol'\n")).toEqual([
    'packages/resilience/src/a.ts:1: resilience may not depend on protocol (allowed: core)',
  ])
  expect(problemsOf('packages/server/src/a.ts', "import type { x } from '@skein/sdk'\n")).toHaveLength(1)
  expect(problemsOf('packages/server/src/a.ts', "import { x } from '@skein/core'\n")).toEqual([])
  expect(problemsOf('packages/server/src/a.test.ts', "import { x } from '@skein/testkit'\n")).toEqual([])
})

test('deep imports and relative imports that leave the package are refused', () => {
  expect(problemsOf('packages/cli/src/a.ts', "import { x } from '@skein/server/src/y.ts'\n")).toHaveLength(1)
  expect(
    problemsOf('packages/cli/src/b/a.ts', "export { x } from '../../../server/src/y.ts'\n"),
  ).toHaveLength(1)
  expect(problemsOf('packages/cli/src/b/a.ts', "import { x } from '../y.ts'\n")).toEqual([])
  expect(problemsOf('packages/testkit/src/a.ts', "import { x } from '@skein/sdk/node'\n")).toEqual([])
})

test('node: is refused where code runs in browsers too, also over several lines and dynamically', () => {
  expect(problemsOf('packages/sdk/src/a.ts', "import {\n  x,\n} from 'node:fs'\n")).toHaveLength(1)
  expect(problemsOf('packages/core/src/a.ts', "await import('node:fs')\n")).toHaveLength(1)
  expect(problemsOf('packages/sdk/src/node/a.ts', "import 'node:fs'\n")).toEqual([])
  expect(problemsOf('packages/sdk/src/a.test.ts', "import 'node:fs'\n")).toEqual([])
})

test('clocks and timers are refused in pure code, but not in comments, tests and shells', () => {
  expect(problemsOf('packages/server/src/session/a.ts', 'const a = 1\nconst t = Date.now()\n')).toEqual([
    'packages/server/src/session/a.ts:2: Date.now(…) in pure code; take a Clock, Timers or Random',
  ])
  expect(
    problemsOf('packages/server/src/session/a.ts', '// Date.now() would be wrong\n/* setTimeout( */\n'),
  ).toEqual([])
  expect(problemsOf('packages/server/src/gateway/a.ts', 'setTimeout(run, 1)\n')).toEqual([])
  expect(problemsOf('packages/core/src/random.ts', 'Math.random()\n')).toEqual([])
})

test('a file of 351 lines is too long, one of 350 is not, and tests may be', () => {
  const lines = (count) => 'x\n'.repeat(count)
  expect(problemsOf('packages/core/src/a.ts', lines(350))).toEqual([])
  expect(problemsOf('packages/core/src/a.ts', lines(351))).toHaveLength(1)
  expect(problemsOf('packages/core/src/a.test.ts', lines(351))).toEqual([])
})

test('tracked artefacts and registry addresses in the lock file are named', () => {
  expect(artefactProblems(['packages/core/dist/index.js', 'packages/core/src/distance.ts'])).toHaveLength(1)
  expect(lockProblems('{ "resolved": "https://example.org/a.tgz" }')).toHaveLength(1)
  expect(lockProblems('{ "resolved": "packages/core", "link": true }')).toEqual([])
})
