import { useState } from 'react'
import type { Conversation } from '@skein/sdk'
import { namesOf } from '../directory/demo-users.ts'
import { conversationKey, conversationName, recallConversations } from '../directory/known-conversations.ts'
import { useClient } from '../hooks/useClient.ts'
import { useConnection } from '../hooks/useConnection.ts'
import { useConversations } from '../hooks/useConversations.ts'
import { useMembers } from '../hooks/useMembers.ts'
import { closeConversation } from '../hooks/useRoute.ts'
import { useTyping } from '../hooks/useTyping.ts'
import controls from '../styles/controls.module.css'
import { Avatar } from './Avatar.tsx'
import styles from './Chat.module.css'
import { ConnectionBadge } from './ConnectionBadge.tsx'
import { Icon } from './Icon.tsx'

interface Props {
  readonly conversation: Conversation
  readonly onDetails: () => void
}

export function ChatHeader({ conversation, onDetails }: Props) {
  const { user } = useClient()
  useConversations()
  const online = useConnection().state === 'online'
  const [recalled] = useState(() =>
    recallConversations(localStorage, user).find(({ id }) => id === conversation.id),
  )
  const known = conversation.type === undefined ? (recalled ?? conversation) : conversation
  const name = conversationName(known)
  return (
    <header className={styles.head}>
      <button
        aria-label="Back to the conversations"
        className={`${controls.icon} ${styles.back}`}
        data-testid="back"
        onClick={closeConversation}
        type="button"
      >
        <Icon name="back" />
      </button>
      <Avatar group={known.peer === undefined} id={conversationKey(known)} name={name} size={42} />
      <div className={styles.who}>
        <h2 className={styles.name}>{name}</h2>
        {!online && <ConnectionBadge reassuring />}
        {online &&
          (known.type === 'group' ? (
            <Members conversation={conversation} />
          ) : (
            <Peer conversation={conversation} />
          ))}
      </div>
      {known.type === 'group' && (
        <button
          aria-label="About this group"
          className={controls.icon}
          data-testid="details"
          onClick={onDetails}
          type="button"
        >
          <Icon name="info" />
        </button>
      )}
    </header>
  )
}

function Peer({ conversation }: { readonly conversation: Conversation }) {
  const typing = useTyping(conversation)
  if (typing.length > 0) return <p className={`${styles.sub} ${styles.typing}`}>typing…</p>
  return <p className={styles.sub}>Direct chat</p>
}

function Members({ conversation }: { readonly conversation: Conversation }) {
  const { user } = useClient()
  const typing = useTyping(conversation)
  const found = useMembers(conversation)
  if (typing.length > 0)
    return <p className={`${styles.sub} ${styles.typing}`}>{namesOf(typing, 2)} typing…</p>
  if (found.state !== 'ready') return <p className={styles.sub}>Group</p>
  const others = found.members.filter((member) => member.user !== user).map((member) => member.user)
  return <p className={styles.sub}>You, {namesOf(others, 4)}</p>
}
