import './styles/tokens.css'
import './styles/base.css'
import { createRoot } from 'react-dom/client'
import { createClient } from '@skein/sdk'
import { App } from './App.tsx'
import { isUserId } from './directory/demo-users.ts'
import { applySavedTheme } from './hooks/useTheme.ts'
import { connectUrl } from './session/connect-url.ts'
import { readSession } from './session/saved-session.ts'
import { createSessionStore } from './session/session-store.ts'
import { fetchDemoToken, tokenSource } from './session/token-source.ts'
import { registerServiceWorker } from './service-worker/register.ts'

const sessions = createSessionStore(sessionStorage, (user) =>
  createClient({ url: connectUrl(location), user, token: tokenSource(user, sessionStorage, fetchDemoToken) }),
)

const linked = new URLSearchParams(location.search).get('user')
const user = linked !== null && isUserId(linked) ? linked : readSession(sessionStorage)?.user
if (user !== undefined) sessions.start(user)

applySavedTheme()
const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(<App sessions={sessions} />)
registerServiceWorker()
