import { useEffect, useState } from 'react'
import { recallConversations, rememberConversations } from '../directory/known-conversations.ts'
import { useClient } from '../hooks/useClient.ts'
import { useConnection } from '../hooks/useConnection.ts'
import { useConversations } from '../hooks/useConversations.ts'
import { ConversationRow } from './ConversationRow.tsx'
import { KnownRow } from './KnownRow.tsx'
import styles from './Sidebar.module.css'

export function ConversationList({ selected }: { readonly selected: string | undefined }) {
  const client = useClient()
  const conversations = useConversations()
  const online = useConnection().state === 'online'
  const [recalled] = useState(() => recallConversations(localStorage, client.user))

  useEffect(() => {
    if (online) rememberConversations(localStorage, client.user, conversations)
  }, [client, conversations, online])

  const listed = new Set(conversations.map(({ id }) => id))
  const known = online ? [] : recalled.filter(({ id }) => !listed.has(id))
  if (conversations.length + known.length === 0) {
    return (
      <div className={styles.list}>
        <p className={styles.empty}>
          {online ? 'No conversations yet. Start one above.' : 'Conversations appear once connected.'}
        </p>
      </div>
    )
  }
  return (
    <nav aria-label="Conversations" className={styles.list}>
      <ul>
        {conversations.map((conversation) => (
          <ConversationRow
            conversation={conversation}
            key={conversation.id}
            selected={conversation.id === selected}
          />
        ))}
        {known.map((conversation) => (
          <KnownRow
            conversation={conversation}
            key={conversation.id}
            selected={conversation.id === selected}
          />
        ))}
      </ul>
    </nav>
  )
}
