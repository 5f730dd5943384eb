/**
 * The directions in which packages may depend on each other, and what the pure ones may not touch.
 * core → protocol, resilience, embedded-postgres → sdk, server, edge → testkit → cli; console → sdk.
 */
export const ALLOWED = {
  core: [],
  protocol: ['core'],
  resilience: ['core'],
  'embedded-postgres': ['core'],
  sdk: ['core', 'protocol', 'resilience'],
  server: ['core', 'protocol', 'resilience'],
  edge: ['core', 'protocol', 'resilience'],
  testkit: ['core', 'protocol', 'resilience', 'embedded-postgres', 'sdk', 'server', 'edge'],
  console: ['sdk'],
  cli: ['core', 'protocol', 'resilience', 'embedded-postgres', 'sdk', 'server', 'edge', 'testkit', 'console'],
}

/** Ways into a package beside its name. */
const ENTRIES = { sdk: ['node'], console: ['package.json'] }

/** Where time, timers and randomness come from parameters. */
const TIMELESS = [
  /^packages\/(core|protocol|resilience|sdk)\/src\//,
  /^packages\/server\/src\/(session|delivery|log|node)\//,
]

/** The shells that bring the real clock, timers and randomness to the code above. */
const SHELLS = new Set(['packages/core/src/random.ts', 'packages/sdk/src/platform/runtime.ts'])

/** Runs in browsers too: no `node:` here. */
const PLATFORM_FREE = [/^packages\/(core|protocol|resilience)\/src\//, /^packages\/sdk\/src\/(?!node\/)/]

const MAX_LINES = 350

const AMBIENT =
  /\b(Date\.now|Math\.random|performance\.now|setTimeout|setInterval|setImmediate)\s*\(|\bnew Date\(\s*\)/

const isTest = (path) => /\.(test|bench)\.(ts|tsx|mjs)$/.test(path) || /\/(test|fixtures)\//.test(path)

const withoutComments = (text) =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1')

const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/gm

function* imports(text) {
  for (const match of text.matchAll(IMPORT)) {
    const before = text.slice(0, match.index + match[0].search(/\S/))
    yield { target: match[1] ?? match[2], line: before.split('\n').length }
  }
}

function importProblem(path, owner, target) {
  if (target.startsWith('node:') && PLATFORM_FREE.some((place) => place.test(path))) {
    return `${target} in code that runs in browsers too; pass it in`
  }
  if (target.startsWith('.') && /(^|\/)packages\//.test(target))
    return `${target} reaches into another package`
  const named = /^@skein\/([a-z-]+)(?:\/(.+))?$/.exec(target)
  if (named === null) {
    const up = (target.match(/\.\.\//g) ?? []).length
    const depth = path.split('/').length - 3
    return target.startsWith('.') && up > depth
      ? `${target} leaves its package; import it by name`
      : undefined
  }
  const [, name, entry] = named
  if (entry !== undefined && !(ENTRIES[name] ?? []).includes(entry)) {
    return `${target} is a deep import; use what @skein/${name} exports`
  }
  if (isTest(path) || name === owner || ALLOWED[owner].includes(name)) return undefined
  return `${owner} may not depend on ${name} (allowed: ${ALLOWED[owner].join(', ') || 'nothing'})`
}

function fileProblems(path, text) {
  const problems = []
  const owner = /^packages\/([^/]+)\/src\//.exec(path)?.[1]
  const lines = text.split('\n').length - 1
  if (lines > MAX_LINES && !isTest(path)) {
    problems.push(`${path}: ${lines} lines (at most ${MAX_LINES}); find the idea that wants its own file`)
  }
  if (owner === undefined) return problems
  if (ALLOWED[owner] === undefined)
    return [...problems, `${path}: package ${owner} has no place in scripts/lib/boundaries.mjs`]
  const code = withoutComments(text)
  for (const { target, line } of imports(code)) {
    const problem = importProblem(path, owner, target)
    if (problem !== undefined && !(isTest(path) && target.startsWith('node:')))
      problems.push(`${path}:${line}: ${problem}`)
  }
  if (TIMELESS.some((place) => place.test(path)) && !isTest(path) && !SHELLS.has(path)) {
    code.split('\n').forEach((content, index) => {
      const ambient = AMBIENT.exec(content)
      if (ambient)
        problems.push(`${path}:${index + 1}: ${ambient[0]}…) in pure code; take a Clock, Timers or Random`)
    })
  }
  return problems
}

/** @param {Map<string, string>} sources text by path from the root */
export const boundaryProblems = (sources) => [...sources].flatMap(([path, text]) => fileProblems(path, text))

/** @param {string[]} tracked */
export const artefactProblems = (tracked) =>
  tracked
    .filter((path) => /(^|\/)(dist|node_modules|coverage|\.skein)\/|\.tsbuildinfo$|\.log$/.test(path))
    .map((path) => `${path}: a built artefact is tracked; git rm --cached it`)

/** @param {string} lock text of package-lock.json */
export const lockProblems = (lock) =>
  [...lock.matchAll(/"resolved": "(https?:[^"]+)"/g)].map(
    (match) =>
      `package-lock.json: registry address ${match[1]}; install with omit-lockfile-registry-resolved`,
  )
