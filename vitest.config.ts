import { defineConfig } from 'vitest/config'

/** Built and run apart from the others: a build takes all of the machine. */
const CONTAINERS = 'packages/cli/src/containers/**/*.e2e.test.ts'

/** Suites by what they need: `unit` nothing, `pg` a PostgreSQL, `e2e` built packages and Chromium, `containers` Docker. */
const project = (name: string, include: string[], exclude: string[] = [], timeoutMs = 20_000) => ({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: { name, include, exclude, testTimeout: timeoutMs, hookTimeout: 60_000 },
})

const special = [
  '**/*.pg.test.ts',
  '**/*.sim.test.ts',
  '**/*.e2e.test.ts',
  '**/dist/**',
  '**/node_modules/**',
]

export default defineConfig({
  test: {
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.mjs'], special),
      project('pg', ['packages/*/src/**/*.pg.test.ts'], [], 60_000),
      project('sim', ['packages/*/src/**/*.sim.test.ts'], [], 180_000),
      project('e2e', ['packages/*/src/**/*.e2e.test.ts'], [CONTAINERS], 300_000),
      project('containers', [CONTAINERS], [], 300_000),
    ],
  },
})
