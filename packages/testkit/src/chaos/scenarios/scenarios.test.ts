import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { SCENARIOS } from './index.ts'

const docs = new URL('../../../../../docs/chaos.md', import.meta.url)

test('docs/chaos.md lists exactly the scenarios that there are, in their order', async () => {
  const text = await readFile(docs, 'utf8')
  const listed = [...text.matchAll(/^\| `([a-z0-9-]+)` \|(?! \d+ % \|)/gm)].map(([, name]) => name)
  expect(listed).toEqual(SCENARIOS.map(({ name }) => name))
})

test('each has a name of its own and says what happens', () => {
  expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length)
  for (const { about } of SCENARIOS) expect(about).not.toBe('')
})
