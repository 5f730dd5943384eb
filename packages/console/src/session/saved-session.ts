/** What of a storage is used; `sessionStorage`, so that two windows can be two users. */
export type TextStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export interface SavedSession {
  readonly user: string
  readonly token: string | undefined
}

const KEY = 'skein.session'

export function readSession(storage: TextStorage): SavedSession | undefined {
  const text = storage.getItem(KEY)
  if (text === null) return undefined
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found !== 'object' || found === null || !('user' in found) || typeof found.user !== 'string')
      return undefined
    return {
      user: found.user,
      token: 'token' in found && typeof found.token === 'string' ? found.token : undefined,
    }
  } catch {
    return undefined
  }
}

export const saveSession = (storage: TextStorage, session: SavedSession): void =>
  storage.setItem(KEY, JSON.stringify(session))

export const forgetSession = (storage: TextStorage): void => storage.removeItem(KEY)
