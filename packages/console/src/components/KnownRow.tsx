import {
  conversationKey,
  conversationName,
  type KnownConversation,
} from '../directory/known-conversations.ts'
import { openConversation } from '../hooks/useRoute.ts'
import { Avatar } from './Avatar.tsx'
import styles from './ConversationRow.module.css'

interface Props {
  readonly conversation: KnownConversation
  readonly selected: boolean
}

/** A conversation of an earlier visit, while the server cannot be asked about it. */
export function KnownRow({ conversation, selected }: Props) {
  const name = conversationName(conversation)
  const key = conversationKey(conversation)
  return (
    <li>
      <button
        aria-current={selected}
        className={styles.row}
        data-testid={`conversation-${key}`}
        data-title={name}
        onClick={() => openConversation(conversation.id)}
        type="button"
      >
        <Avatar group={conversation.peer === undefined} id={key} name={name} size={48} />
        <span className={styles.lines}>
          <span className={styles.name}>{name}</span>
          <span />
          <span className={styles.preview}>Not connected yet</span>
        </span>
      </button>
    </li>
  )
}
