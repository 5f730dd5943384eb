import { useState } from 'react'
import type { Conversation } from '@skein/sdk'
import { useClient } from '../hooks/useClient.ts'
import { useConversations } from '../hooks/useConversations.ts'
import { useTimeline } from '../hooks/useTimeline.ts'
import { wasRemoved } from '../timeline/system-text.ts'
import styles from './Chat.module.css'
import { ChatHeader } from './ChatHeader.tsx'
import { Composer } from './Composer.tsx'
import { GroupDetails } from './GroupDetails.tsx'
import { Timeline } from './Timeline.tsx'

export function Chat({ conversation }: { readonly conversation: Conversation }) {
  const { user } = useClient()
  useConversations()
  const timeline = useTimeline(conversation)
  const [details, setDetails] = useState(false)
  // Not joined also means: not known yet. Only a removal that was seen ends the writing.
  const left = !conversation.joined && wasRemoved(timeline, user)
  return (
    <main className={styles.chat}>
      <ChatHeader conversation={conversation} onDetails={() => setDetails(true)} />
      <Timeline conversation={conversation} timeline={timeline} />
      {left ? (
        <p className={styles.left}>You are no longer in this group.</p>
      ) : (
        <Composer conversation={conversation} />
      )}
      {details && <GroupDetails conversation={conversation} onClose={() => setDetails(false)} />}
    </main>
  )
}
