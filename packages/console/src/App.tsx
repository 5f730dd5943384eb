import { useCallback, useSyncExternalStore } from 'react'
import { UserPicker } from './components/UserPicker.tsx'
import { Workspace } from './components/Workspace.tsx'
import { ClientContext } from './hooks/useClient.ts'
import { NoticeProvider } from './hooks/useNotices.tsx'
import { closeConversation } from './hooks/useRoute.ts'
import type { SessionStore } from './session/session-store.ts'

export function App({ sessions }: { readonly sessions: SessionStore }) {
  const session = useSyncExternalStore(sessions.subscribe, sessions.current)
  const switchUser = useCallback(() => {
    closeConversation()
    // A deep link would choose the same user again at the next reload.
    history.replaceState(null, '', location.pathname)
    sessions.end()
  }, [sessions])
  if (session === undefined) return <UserPicker onPick={sessions.start} />
  return (
    <NoticeProvider>
      <ClientContext value={session.client}>
        <Workspace key={session.user} onSwitchUser={switchUser} />
      </ClientContext>
    </NoticeProvider>
  )
}
