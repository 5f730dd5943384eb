import type { Conversation } from '@skein/sdk'
import { namesOf } from '../directory/demo-users.ts'
import { conversationKey, conversationName } from '../directory/known-conversations.ts'
import { ageText } from '../format/time.ts'
import { useClient } from '../hooks/useClient.ts'
import { openConversation } from '../hooks/useRoute.ts'
import { useTyping } from '../hooks/useTyping.ts'
import { previewText } from '../timeline/system-text.ts'
import { Avatar } from './Avatar.tsx'
import styles from './ConversationRow.module.css'
import { StateIcon } from './StateIcon.tsx'

interface Props {
  readonly conversation: Conversation
  readonly selected: boolean
}

const countText = (unread: number): string => (unread > 99 ? '99+' : String(unread))

export function ConversationRow({ conversation, selected }: Props) {
  const { last, unread } = conversation
  const name = conversationName(conversation)
  const key = conversationKey(conversation)
  return (
    <li>
      <button
        aria-current={selected}
        className={unread > 0 ? `${styles.row} ${styles.unread}` : styles.row}
        data-testid={`conversation-${key}`}
        data-title={name}
        onClick={() => openConversation(conversation.id)}
        type="button"
      >
        <Avatar group={conversation.peer === undefined} id={key} name={name} size={48} />
        <span className={styles.lines}>
          <span className={styles.name}>{name}</span>
          <span className={styles.time}>{last !== undefined && ageText(last.at, Date.now())}</span>
          <Preview conversation={conversation} />
          {unread > 0 && (
            <span
              aria-label={`${unread} unread`}
              className={styles.badge}
              data-testid={`unread-${key}`}
              role="img"
            >
              {countText(unread)}
            </span>
          )}
        </span>
      </button>
    </li>
  )
}

function Preview({ conversation }: { readonly conversation: Conversation }) {
  const { user } = useClient()
  const typing = useTyping(conversation)
  const { last, peer } = conversation
  if (typing.length > 0) {
    return (
      <span className={`${styles.preview} ${styles.typing}`}>
        <span>{peer === undefined ? `${namesOf(typing, 1)}: typing…` : 'typing…'}</span>
      </span>
    )
  }
  if (last === undefined) return <span className={styles.preview} />
  return (
    <span className={last.state === 'failed' ? `${styles.preview} ${styles.failed}` : styles.preview}>
      {last.sender === user && <StateIcon size={14} state={last.state} />}
      <span>{previewText(last, user, peer !== undefined)}</span>
    </span>
  )
}
