import { expect, test, vi } from 'vitest'
import type { Client } from '@skein/sdk'
import { readSession, type TextStorage } from './saved-session.ts'
import { createSessionStore } from './session-store.ts'
import { tokenSource } from './token-source.ts'

function memoryStorage(): TextStorage {
  const values = new Map<string, string>()
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  }
}

test('a fresh token is used and kept', async () => {
  const storage = memoryStorage()
  expect(await tokenSource('ada', storage, async () => 'fresh')()).toBe('fresh')
  expect(readSession(storage)).toEqual({ user: 'ada', token: 'fresh' })
})

test('while the server is away the last token is offered again', async () => {
  const storage = memoryStorage()
  await tokenSource('ada', storage, async () => 'kept')()
  const away = tokenSource('ada', storage, async () => Promise.reject(new Error('connection refused')))
  expect(await away()).toBe('kept')
})

test('the token of another user is never offered', async () => {
  const storage = memoryStorage()
  await tokenSource('ada', storage, async () => 'kept')()
  const away = tokenSource('grace', storage, async () => Promise.reject(new Error('connection refused')))
  await expect(away()).rejects.toThrow('connection refused')
})

test('what is not a saved session reads as none', () => {
  const storage = memoryStorage()
  for (const text of ['', '{', '7', 'null', '{"user":7}']) {
    storage.setItem('skein.session', text)
    expect(readSession(storage)).toBeUndefined()
  }
})

test('starting as somebody else stops the previous client, ending forgets the session', () => {
  const storage = memoryStorage()
  const stop = vi.fn(async () => {})
  const store = createSessionStore(storage, (user) => ({ user, stop }) as unknown as Client)
  store.start('ada')
  store.start('ada')
  expect(stop).not.toHaveBeenCalled()
  store.start('grace')
  expect(stop).toHaveBeenCalledTimes(1)
  expect(readSession(storage)).toEqual({ user: 'grace', token: undefined })
  store.end()
  expect(store.current()).toBeUndefined()
  expect(readSession(storage)).toBeUndefined()
})
