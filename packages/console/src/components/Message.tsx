import { memo } from 'react'
import type { Conversation, TimelineItem } from '@skein/sdk'
import { linkify } from '../format/linkify.ts'
import { timeText } from '../format/time.ts'
import { messageText } from '../timeline/system-text.ts'
import { Failure } from './Failure.tsx'
import styles from './Message.module.css'
import { StateIcon } from './StateIcon.tsx'

interface Props {
  readonly conversation: Conversation
  readonly item: TimelineItem
  readonly own: boolean
  readonly first: boolean
}

export const Message = memo(function Message({ conversation, item, own, first }: Props) {
  const classes = [styles.row, own ? styles.own : styles.other, first ? styles.first : '']
  const text = messageText(item)
  return (
    <article
      className={classes.join(' ')}
      data-client-id={item.clientId}
      data-own={own}
      data-state={item.state}
      data-testid="message"
    >
      <div className={styles.bubble}>
        {text === undefined ? (
          <span className={styles.strange}>A message that this page cannot show</span>
        ) : (
          <span data-testid="message-text">
            <Text text={text} />
          </span>
        )}
        <span className={styles.meta}>
          <time dateTime={new Date(item.at).toISOString()}>{timeText(item.at)}</time>
          {own && <StateIcon state={item.state} />}
        </span>
      </div>
      {item.state === 'failed' && <Failure conversation={conversation} item={item} />}
    </article>
  )
})

function Text({ text }: { readonly text: string }) {
  return linkify(text).map((part, index) =>
    part.type === 'text' ? (
      part.text
    ) : (
      // The parts of a text never change their order.
      <a href={part.text} key={`${index}`} rel="noopener noreferrer" target="_blank">
        {part.text}
      </a>
    ),
  )
}
