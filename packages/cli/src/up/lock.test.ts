import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dataDirectory, type DataDirectory } from './data-directory.ts'
import { takeLock } from './lock.ts'

let directory: DataDirectory

beforeEach(() => {
  directory = dataDirectory(mkdtempSync(join(tmpdir(), 'skein-lock-')))
})

afterEach(() => rmSync(directory.root, { recursive: true }))

/** A process of another pid that lives until it is killed. */
async function stranger(): Promise<{ pid: number; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  await once(child, 'spawn')
  return {
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('a lock is given back', async () => {
  const unlock = await takeLock(directory)
  expect(readFileSync(directory.lock, 'utf8')).toContain(String(process.pid))
  await unlock()
  expect(existsSync(directory.lock)).toBe(false)
})

test('the lock of a living process is respected and names it', async () => {
  const other = await stranger()
  writeFileSync(directory.lock, `${other.pid} `)
  await expect(takeLock(directory)).rejects.toThrow(`process ${other.pid}`)
  await other.kill()
})

test('the lock of a dead process is taken over', async () => {
  const other = await stranger()
  await other.kill()
  writeFileSync(directory.lock, `${other.pid} `)
  await (
    await takeLock(directory)
  )()
})

test.runIf(process.platform === 'linux')(
  'a pid that belongs to somebody else by now does not count',
  async () => {
    const other = await stranger()
    writeFileSync(directory.lock, `${other.pid} 12345`)
    await (
      await takeLock(directory)
    )()
    await other.kill()
  },
)

test('a lock of our own pid is that of our predecessor in a container', async () => {
  writeFileSync(directory.lock, `${process.pid} 1`)
  await (
    await takeLock(directory)
  )()
})

test('an unreadable lock is taken over', async () => {
  writeFileSync(directory.lock, '')
  await (
    await takeLock(directory)
  )()
})
