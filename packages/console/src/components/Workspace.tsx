import { useClient } from '../hooks/useClient.ts'
import { ConnectionContext, useCalmConnection } from '../hooks/useConnection.ts'
import { useRoute } from '../hooks/useRoute.ts'
import { Chat } from './Chat.tsx'
import { Logo } from './Logo.tsx'
import { Sidebar } from './Sidebar.tsx'
import styles from './Workspace.module.css'

/** List and chat side by side, or one after the other on a phone. */
export function Workspace({ onSwitchUser }: { readonly onSwitchUser: () => void }) {
  const client = useClient()
  const selected = useRoute()
  const connection = useCalmConnection()
  return (
    <ConnectionContext value={connection}>
      <div className={styles.workspace} data-screen={selected === undefined ? 'list' : 'chat'}>
        <Sidebar onSwitchUser={onSwitchUser} selected={selected} />
        {selected === undefined ? (
          <main className={styles.empty}>
            <Logo size={64} />
            <h2>Pick a conversation</h2>
            <p>Or start one: everything you write is kept, also while the server is away.</p>
          </main>
        ) : (
          <Chat conversation={client.conversation(selected)} key={selected} />
        )}
      </div>
    </ConnectionContext>
  )
}
