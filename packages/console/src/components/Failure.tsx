import type { Conversation, TimelineItem } from '@skein/sdk'
import { reasonText } from '../format/reason-text.ts'
import styles from './Message.module.css'

/** Why something was not sent, and what can be done about it. */
export function Failure({
  conversation,
  item,
}: {
  readonly conversation: Conversation
  readonly item: TimelineItem
}) {
  return (
    <div className={styles.failure}>
      <span>{reasonText(item.reason)}</span>
      <span className={styles.choices}>
        <button data-testid="retry" onClick={() => conversation.retry(item.clientId)} type="button">
          Try again
        </button>
        <button data-testid="discard" onClick={() => conversation.discard(item.clientId)} type="button">
          Discard
        </button>
      </span>
    </div>
  )
}
