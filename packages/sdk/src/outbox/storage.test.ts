import 'fake-indexeddb/auto'
import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, describe, expect, test } from 'vitest'
import { fileOutboxStorage } from '../node/file-outbox.ts'
import { manualRuntime, type ManualRuntime } from '../testing/manual-runtime.ts'
import { indexedDbOutboxStorage } from './indexed-db.ts'
import type { LockManagerLike } from './locks.ts'
import { memoryOutboxStorage } from './memory.ts'
import type { HeldOutbox, OutboxEntry, OutboxStorage } from './storage.ts'

/** Web Locks of one browser. */
class FakeLocks implements LockManagerLike {
  readonly #held = new Set<string>()

  async request(
    name: string,
    _options: unknown,
    granted: (lock: unknown) => Promise<void> | undefined,
  ): Promise<void> {
    if (this.#held.has(name)) return granted(null)
    this.#held.add(name)
    await granted({ name })
    this.#held.delete(name)
  }
}

interface Browser {
  /** The storage as one more tab or process sees it. */
  tab(): OutboxStorage
}

let cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
  cleanUps = []
})

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-outbox-'))
  cleanUps.push(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Releases what the test leaves open. */
async function openFile(directory: string, user = 'ann'): Promise<HeldOutbox> {
  const held = await fileOutboxStorage(directory).open(user)
  cleanUps.unshift(() => held.release())
  return held
}

let seed = 1
const lonelyRuntime = (): ManualRuntime => manualRuntime(seed++)

const adapters: Record<string, () => Promise<Browser>> = {
  memory: () => {
    const storage = memoryOutboxStorage()
    return Promise.resolve({ tab: () => storage })
  },
  indexedDB: () => {
    globalThis.indexedDB = new IDBFactory()
    const locks = new FakeLocks()
    return Promise.resolve({ tab: () => indexedDbOutboxStorage(lonelyRuntime(), locks) })
  },
  'indexedDB without Web Locks': () => {
    globalThis.indexedDB = new IDBFactory()
    return Promise.resolve({ tab: () => indexedDbOutboxStorage(lonelyRuntime(), undefined) })
  },
  file: async () => {
    const directory = await temporaryDirectory()
    return { tab: () => ({ kind: 'file', open: (user) => openFile(directory, user) }) }
  },
}

const entry = (order: number, fields: Partial<OutboxEntry> = {}): OutboxEntry => ({
  clientId: `00000000-0000-7000-8000-${String(order).padStart(12, '0')}`,
  conversation: 'g',
  kind: 'message',
  body: '{"text":"hé"}',
  createdAt: 1,
  state: 'queued',
  order,
  ...fields,
})

const bodies = (entries: readonly OutboxEntry[]): string[] => entries.map(({ body }) => body)

const stored = async (browser: Browser, user: string, ...entries: OutboxEntry[]): Promise<HeldOutbox> => {
  const held = await browser.tab().open(user)
  for (const one of entries) await held.put(one)
  return held
}

describe.each(Object.entries(adapters))('outboxes in %s', (_name, makeBrowser) => {
  test('a new one is empty', async () => {
    const browser = await makeBrowser()
    expect((await browser.tab().open('ann')).found).toEqual([])
  })

  test('what a closed tab held is found by the next, as it was and in order', async () => {
    const browser = await makeBrowser()
    const failed = entry(2, { state: 'failed', reason: 'forbidden', body: '{"b":2}' })
    const first = await stored(browser, 'ann', failed, entry(1), entry(3, { state: 'durable' }))
    await first.release()
    const { found } = await browser.tab().open('ann')
    expect(found).toEqual([entry(1), failed, entry(3, { state: 'durable' })])
  })

  test('a later entry replaces one with the same clientId, and a removed one is gone', async () => {
    const browser = await makeBrowser()
    const first = await stored(browser, 'ann', entry(1), entry(2), entry(1, { state: 'durable' }))
    await first.remove(entry(2).clientId)
    await first.release()
    expect((await browser.tab().open('ann')).found).toEqual([entry(1, { state: 'durable' })])
  })

  test('what a living tab holds is left to it', async () => {
    const browser = await makeBrowser()
    const first = await stored(browser, 'ann', entry(1))
    const second = await browser.tab().open('ann')
    expect(second.found).toEqual([])
    expect(await second.adopt()).toEqual([])
    expect(await first.adopt()).toEqual([])
  })

  test('an orphan is adopted once, and by then held', async () => {
    const browser = await makeBrowser()
    const first = await stored(browser, 'ann', entry(1))
    const second = await browser.tab().open('ann')
    const third = await browser.tab().open('ann')
    await first.release()
    expect(await second.adopt()).toEqual([entry(1)])
    expect(await third.adopt()).toEqual([])
    await second.release()
    expect(await third.adopt()).toEqual([entry(1)])
  })

  test('the outbox of another user is never touched', async () => {
    const browser = await makeBrowser()
    await (await stored(browser, 'ann', entry(1))).release()
    expect((await browser.tab().open('an')).found).toEqual([])
    expect((await browser.tab().open('ann2')).found).toEqual([])
    expect((await browser.tab().open('ann')).found).toHaveLength(1)
  })

  test('adopted entries stand behind the own ones, in their order', async () => {
    const browser = await makeBrowser()
    const orphan = await stored(browser, 'ann', entry(1, { body: '{"a":1}' }), entry(2, { body: '{"a":2}' }))
    const own = await stored(browser, 'ann', entry(3, { body: '{"b":1}' }))
    await orphan.release()
    const adopted = await own.adopt()
    expect(bodies(adopted)).toEqual(['{"a":1}', '{"a":2}'])
    expect(adopted.every(({ order }) => order > 3)).toBe(true)
    await own.release()
    expect(bodies((await browser.tab().open('ann')).found)).toEqual(['{"b":1}', '{"a":1}', '{"a":2}'])
  })
})

describe('outboxes in indexedDB without Web Locks', () => {
  test('the lease of a tab that died runs out after 15 s', async () => {
    globalThis.indexedDB = new IDBFactory()
    const dead = lonelyRuntime()
    const living = lonelyRuntime()
    const held = await indexedDbOutboxStorage(dead, undefined).open('ann')
    await held.put(entry(1))
    const other = await indexedDbOutboxStorage(living, undefined).open('ann')
    await living.advance(14_000)
    expect(await other.adopt()).toEqual([])
    await living.advance(2_000)
    expect(await other.adopt()).toEqual([entry(1)])
  })
})

describe('outboxes in files', () => {
  test('a line that a crash cut off is skipped', async () => {
    const directory = await temporaryDirectory()
    const first = await openFile(directory)
    await first.put(entry(1))
    await first.release()
    const [file] = (await readdir(join(directory, 'ann'))).filter((name) => name.endsWith('.jsonl'))
    await appendFile(join(directory, 'ann', file!), '\n{"put":{"clientId":"00')
    expect((await openFile(directory)).found).toEqual([entry(1)])
  })

  test('the lock of a process that died is taken over, even if it had the same pid', async () => {
    const directory = await temporaryDirectory()
    const first = await openFile(directory)
    await first.put(entry(1))
    await first.release()
    const [file] = (await readdir(join(directory, 'ann'))).filter((name) => name.endsWith('.jsonl'))
    const lock = join(directory, 'ann', file!.replace('.jsonl', '.lock'))
    await writeFile(lock, JSON.stringify({ pid: process.pid, startedAt: '1' }))
    expect((await openFile(directory)).found).toEqual([entry(1)])
  })

  test('a file that grew long is written anew with what still counts', async () => {
    const directory = await temporaryDirectory()
    const held = await openFile(directory)
    await held.put(entry(1))
    await Promise.all(Array.from({ length: 1_500 }, (_, i) => held.put(entry(2 + (i % 5)))))
    for (let i = 2; i < 7; i++) await held.remove(entry(i).clientId)
    await held.put(entry(9))
    await held.release()
    const { found } = await openFile(directory)
    expect(found.map(({ clientId }) => clientId)).toEqual([entry(1).clientId, entry(9).clientId])
  })

  test('a directory that cannot be written is a clear error', async () => {
    const file = join(await temporaryDirectory(), 'file')
    await writeFile(file, '')
    await expect(fileOutboxStorage(file).open('ann')).rejects.toThrow(/ENOTDIR/)
  })
})
