import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tool } from './paths.mjs'
import { show } from './run.mjs'
import { readSources } from './sources.mjs'

export const nothing = { passed: 0, failed: 0, skipped: 0 }

export const sum = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

/** Counts of vitest's JSON report. A file that does not even load, or a run that dies, is a failure. */
export function countReport(report, exitCode) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  const counted = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
  return exitCode !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted
}

/** Runs one vitest project and counts. `without`: files that are left out. */
export async function runSuite(project, without = []) {
  const folder = mkdtempSync(join(tmpdir(), 'skein-report-'))
  const file = join(folder, 'report.json')
  console.log(`\n── ${project} ──`)
  const code = await show(tool('vitest'), [
    'run',
    `--project=${project}`,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...without.flatMap((path) => ['--exclude', path]),
  ])
  try {
    return countReport(JSON.parse(readFileSync(file, 'utf8')), code)
  } catch {
    return code === 0 ? nothing : { ...nothing, failed: 1 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Test files that start a real HAProxy or NGINX: they say its name. */
export const proxyTests = () =>
  [...readSources()]
    .filter(([path, text]) => /\.(pg|e2e)\.test\.ts$/.test(path) && /haproxy|nginx/i.test(text))
    .map(([path]) => path)

/** Test files that build and run containers. */
export const containerTests = () =>
  [...readSources().keys()].filter((path) => /\/containers\/.*\.e2e\.test\.ts$/.test(path))

/** Test files of the page: those that drive a browser. */
export const browserTests = () =>
  [...readSources()]
    .filter(([path, text]) => path.endsWith('.e2e.test.ts') && text.includes('playwright-core'))
    .map(([path]) => path)
