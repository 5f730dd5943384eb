import '../styles/tokens.css'
import '../styles/base.css'
import { createRoot } from 'react-dom/client'
import { App } from '../App.tsx'
import { applySavedTheme } from '../hooks/useTheme.ts'
import { createSessionStore } from '../session/session-store.ts'
import { FakeClient } from './fake-client.ts'
import { sampleConversations } from './sample-conversations.ts'
import { timelineItem } from './timeline-items.ts'

/**
 * The page without a server, for looking at it: `npm run dev`, then /preview.html?user=ada, with
 * `&waiting` for a lost connection, `&typing` for somebody who types, `&talking` for new messages.
 */
const query = new URLSearchParams(location.search)

const sessions = createSessionStore(sessionStorage, (user) => {
  const client = new FakeClient(user, sampleConversations(Date.now()))
  if (query.has('waiting'))
    client.setConnection({ state: 'waiting', retryAtMs: Date.now() + 9_000, reason: 'closed (1006)' })
  if (query.has('typing')) client.setTyping('g_flight', ['ken'])
  if (query.has('talking')) {
    setInterval(
      () =>
        client
          .conversation('d_linus')
          .receive(timelineItem({ sender: 'linus', at: Date.now(), text: 'And another one' })),
      300,
    )
  }
  return client
})

const user = query.get('user')
if (user !== null) sessions.start(user)

applySavedTheme()
const root = document.getElementById('root')
if (root !== null) createRoot(root).render(<App sessions={sessions} />)
