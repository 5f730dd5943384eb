import type { Client } from '@skein/sdk'
import { forgetSession, readSession, saveSession, type TextStorage } from './saved-session.ts'

export interface Session {
  readonly user: string
  readonly client: Client
}

export interface SessionStore {
  readonly subscribe: (listener: () => void) => () => void
  readonly current: () => Session | undefined
  readonly start: (user: string) => void
  readonly end: () => void
}

/** Who this window is, and the client that belongs to it. Nothing here waits for the network. */
export function createSessionStore(storage: TextStorage, connect: (user: string) => Client): SessionStore {
  const listeners = new Set<() => void>()
  let session: Session | undefined

  const change = (next: Session | undefined): void => {
    const previous = session
    session = next
    for (const listener of listeners) listener()
    void previous?.client.stop()
  }

  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    current: () => session,
    start: (user) => {
      if (session?.user === user) return
      const saved = readSession(storage)
      saveSession(storage, { user, token: saved?.user === user ? saved.token : undefined })
      change({ user, client: connect(user) })
    },
    end: () => {
      forgetSession(storage)
      change(undefined)
    },
  }
}
