import type { Conversation, TimelineItem } from '@skein/sdk'
import { Failure } from './Failure.tsx'
import { StateIcon } from './StateIcon.tsx'
import styles from './SystemLine.module.css'

interface Props {
  readonly conversation: Conversation
  readonly item: TimelineItem
  readonly text: string
}

/** A change to the conversation; one's own waits and fails like a message. */
export function SystemLine({ conversation, item, text }: Props) {
  return (
    <div className={styles.line} data-state={item.state} data-testid="system">
      {text}
      {item.event === undefined && (
        <span className={styles.state}>
          <StateIcon size={13} state={item.state} />
        </span>
      )}
      {item.state === 'failed' && <Failure conversation={conversation} item={item} />}
    </div>
  )
}
