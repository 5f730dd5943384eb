import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fileDispatchCache } from '../node/file-dispatch-cache.ts'
import { localStorageDispatchCache, memoryDispatchCache, type DispatchCache } from './cache.ts'

const directory = await mkdtemp(join(tmpdir(), 'skein-dispatch-'))
afterAll(() => rm(directory, { recursive: true }))

const items = new Map<string, string>()
const storage = {
  getItem: (key: string) => items.get(key) ?? null,
  setItem: (key: string, value: string) => void items.set(key, value),
}
const path = join(directory, 'list.jws')

describe.each<[string, DispatchCache, DispatchCache | undefined]>([
  ['memory', memoryDispatchCache(), undefined],
  ['localStorage', localStorageDispatchCache('x', storage), localStorageDispatchCache('x', storage)],
  ['file', fileDispatchCache(path), fileDispatchCache(path)],
])('the list in %s', (_name, cache, reopened) => {
  test('is nothing at first, then the last that was saved, also for who opens it later', async () => {
    expect(await cache.load()).toBeUndefined()
    await cache.save('one')
    await cache.save('two')
    expect(await cache.load()).toBe('two')
    if (reopened !== undefined) expect(await reopened.load()).toBe('two')
  })
})

test('a file is never half written: what is left beside it is nothing', async () => {
  await fileDispatchCache(path).save('three')
  expect(await readdir(directory)).toEqual(['list.jws'])
})

test('a file that cannot be read is an error, not an empty cache', async () => {
  await expect(fileDispatchCache(directory).load()).rejects.toThrow('EISDIR')
})
