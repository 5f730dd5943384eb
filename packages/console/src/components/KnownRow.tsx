import {
  conversationKey,
  conversationName,
  type KnownConversation,
} from '../directory/known-conversations.ts'
import { useClient } from '../hooks/useClient.ts'
import { openConversation } from '../hooks/useRoute.ts'
import { useTimeline } from '../hooks/useTimeline.ts'
import { previewText } from '../timeline/system-text.ts'
import { Avatar } from './Avatar.tsx'
import styles from './ConversationRow.module.css'
import { StateIcon } from './StateIcon.tsx'

interface Props {
  readonly conversation: KnownConversation
  readonly selected: boolean
}

/** A conversation of an earlier visit, while the server cannot be asked about it. */
export function KnownRow({ conversation, selected }: Props) {
  const client = useClient()
  const waiting = useTimeline(client.conversation(conversation.id)).at(-1)
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
          <span className={styles.preview}>
            {waiting !== undefined && <StateIcon size={14} state={waiting.state} />}
            <span>
              {waiting === undefined
                ? 'Not connected yet'
                : previewText(waiting, client.user, conversation.peer !== undefined)}
            </span>
          </span>
        </span>
      </button>
    </li>
  )
}
