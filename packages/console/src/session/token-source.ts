import { readSession, saveSession, type TextStorage } from './saved-session.ts'

/** Asks the node for a session of a demo user: `POST /demo/session`. */
export type FetchToken = (user: string) => Promise<string>

/**
 * The SDK's `token` function. A fresh token each time it is asked; while the server is away the last
 * one is offered again, so that a page loaded without a server starts, shows its outbox and goes on
 * trying. Should that token have ended, the server says so and the SDK asks again.
 */
export function tokenSource(
  user: string,
  storage: TextStorage,
  fetchToken: FetchToken,
): () => Promise<string> {
  return async () => {
    try {
      const token = await fetchToken(user)
      saveSession(storage, { user, token })
      return token
    } catch (error) {
      const saved = readSession(storage)
      if (saved?.user === user && saved.token !== undefined) return saved.token
      throw error
    }
  }
}

export const fetchDemoToken: FetchToken = async (user) => {
  const response = await fetch('/demo/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  })
  if (!response.ok) throw new Error(`The server gave no session for ${user} (HTTP ${response.status})`)
  const answer: unknown = await response.json()
  if (typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string')
    return answer.token
  throw new Error('The answer of /demo/session has no token')
}
