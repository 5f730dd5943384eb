import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dataDirectory, type DataDirectory } from './data-directory.ts'
import { ensureSecrets, readSecrets } from './secrets.ts'

let directory: DataDirectory

beforeEach(() => {
  directory = dataDirectory(mkdtempSync(join(tmpdir(), 'skein-secrets-')))
})

afterEach(() => rmSync(directory.root, { recursive: true }))

test('secrets are made once, are long, and only their owner may read them', async () => {
  expect(await readSecrets(directory)).toBeUndefined()
  const made = await ensureSecrets(directory)
  expect(made.jwtSecret.length).toBeGreaterThanOrEqual(43)
  expect(made.jwtSecret).not.toBe(made.apiKey)
  expect(statSync(directory.secrets).mode & 0o777).toBe(0o600)
  expect(await ensureSecrets(directory)).toEqual(made)
})

test('a damaged file is told, not overwritten', async () => {
  writeFileSync(directory.secrets, '{"jwtSecret": 3}')
  await expect(ensureSecrets(directory)).rejects.toThrow('damaged')
})
