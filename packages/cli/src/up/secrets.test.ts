import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
  for (const secret of Object.values(made)) expect(secret.length).toBeGreaterThanOrEqual(43)
  expect(new Set(Object.values(made)).size).toBe(4)
  expect(statSync(directory.secrets).mode & 0o777).toBe(0o600)
  expect(await ensureSecrets(directory)).toEqual(made)
})

test('a damaged file is told, not overwritten', async () => {
  writeFileSync(directory.secrets, '{"jwtSecret": 3}')
  await expect(ensureSecrets(directory)).rejects.toThrow('damaged')
})

test('secrets of an older version are kept and completed', async () => {
  const old = { jwtSecret: 'j'.repeat(48), apiKey: 'a'.repeat(48) }
  writeFileSync(directory.secrets, JSON.stringify(old))
  expect(await readSecrets(directory)).toEqual(old)
  const made = await ensureSecrets(directory)
  expect(made).toMatchObject({ ...old, operatorKey: expect.any(String), clusterSecret: expect.any(String) })
  expect(JSON.parse(readFileSync(directory.secrets, 'utf8'))).toEqual(made)
  expect(statSync(directory.secrets).mode & 0o777).toBe(0o600)
})
