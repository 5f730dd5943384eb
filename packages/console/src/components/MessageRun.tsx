import { memo } from 'react'
import type { Conversation, TimelineItem } from '@skein/sdk'
import { nameOf } from '../directory/demo-users.ts'
import { Avatar } from './Avatar.tsx'
import { Message } from './Message.tsx'
import styles from './MessageRun.module.css'

interface Props {
  readonly conversation: Conversation
  readonly items: readonly TimelineItem[]
  readonly sender: string
  readonly own: boolean
  /** Who speaks is told where more than two are. */
  readonly named: boolean
}

const same = (before: Props, after: Props): boolean =>
  before.conversation === after.conversation &&
  before.named === after.named &&
  before.items.length === after.items.length &&
  before.items.every((item, index) => item === after.items[index])

/** Messages of one sender in a row. Runs out of sight are skipped by the browser (content-visibility). */
export const MessageRun = memo(function MessageRun({ conversation, items, sender, own, named }: Props) {
  const messages = (
    <div className={styles.messages}>
      {items.map((item, index) => (
        <Message conversation={conversation} first={index === 0} item={item} key={item.id} own={own} />
      ))}
    </div>
  )
  if (own || !named)
    return <section className={own ? `${styles.run} ${styles.own}` : styles.run}>{messages}</section>
  return (
    <section aria-label={nameOf(sender)} className={styles.run}>
      <span className={styles.sender}>{nameOf(sender)}</span>
      <div className={styles.withAvatar}>
        <Avatar id={sender} name={nameOf(sender)} size={32} />
        {messages}
      </div>
    </section>
  )
}, same)
