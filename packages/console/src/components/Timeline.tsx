import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Conversation, TimelineItem } from '@skein/sdk'
import { dayText } from '../format/time.ts'
import { useAttention } from '../hooks/useAttention.ts'
import { useClient } from '../hooks/useClient.ts'
import { useConnection } from '../hooks/useConnection.ts'
import { useOlderPages, type Older } from '../hooks/useOlderPages.ts'
import { useStickToBottom } from '../hooks/useStickToBottom.ts'
import { blocksOf, unseenAfter } from '../timeline/blocks.ts'
import { Icon } from './Icon.tsx'
import { MessageRun } from './MessageRun.tsx'
import { SystemLine } from './SystemLine.tsx'
import styles from './Timeline.module.css'
import { TypingIndicator } from './TypingIndicator.tsx'

interface Props {
  readonly conversation: Conversation
  readonly timeline: readonly TimelineItem[]
}

export function Timeline({ conversation, timeline }: Props) {
  const { user } = useClient()
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const older = useOlderPages(conversation, timeline, scroller)
  const { atEnd, toEnd } = useStickToBottom(scroller, content)
  const blocks = useMemo(() => blocksOf(timeline, user), [timeline, user])
  const unseen = useUnseen(timeline, atEnd, user)
  useScrollOnSend(timeline, user, toEnd)
  useMarkRead(conversation, timeline, atEnd)

  return (
    <div className={styles.frame}>
      <div
        aria-label="Messages"
        aria-live="polite"
        className={styles.scroller}
        ref={scroller}
        role="log"
        tabIndex={0}
      >
        <div className={styles.content} ref={content}>
          <Top empty={blocks.length === 0} older={older} />
          {blocks.map((block) => {
            switch (block.type) {
              case 'day':
                return (
                  <h3 className={styles.day} key={block.key}>
                    {dayText(block.at, Date.now())}
                  </h3>
                )
              case 'system':
                return (
                  <SystemLine
                    conversation={conversation}
                    item={block.item}
                    key={block.key}
                    text={block.text}
                  />
                )
              case 'run':
                return (
                  <MessageRun
                    conversation={conversation}
                    items={block.items}
                    key={block.key}
                    named={conversation.type === 'group'}
                    own={block.own}
                    sender={block.sender}
                  />
                )
            }
          })}
          <TypingIndicator conversation={conversation} />
        </div>
      </div>
      {!atEnd && (
        <button
          className={styles.pill}
          data-new={unseen > 0}
          data-testid="to-end"
          onClick={toEnd}
          type="button"
        >
          <Icon name="down" size={16} />
          {unseen === 0 ? 'Newest' : `${unseen} new ${unseen === 1 ? 'message' : 'messages'}`}
        </button>
      )}
    </div>
  )
}

function Top({ older, empty }: { readonly older: Older; readonly empty: boolean }) {
  const online = useConnection().state === 'online'
  if (older === 'none')
    return <p className={styles.top}>{empty ? 'Nothing here yet. Say hello.' : 'This is where it began.'}</p>
  if (!online) return <p className={styles.top}>Earlier messages appear once connected.</p>
  return <p className={styles.top}>{older === 'loading' ? 'Loading…' : ''}</p>
}

/** How many messages of others came since the reader left the end. */
function useUnseen(timeline: readonly TimelineItem[], atEnd: boolean, me: string): number {
  const [seenId, setSeenId] = useState<string | undefined>(undefined)
  const lastId = timeline.at(-1)?.id
  if (atEnd && seenId !== lastId) setSeenId(lastId)
  return atEnd ? 0 : unseenAfter(timeline, seenId, me)
}

/** Whoever sends wants to see it, wherever one was reading. */
function useScrollOnSend(timeline: readonly TimelineItem[], me: string, toEnd: () => void): void {
  const last = timeline.at(-1)
  const ownId = last?.sender === me ? last.id : undefined
  const known = useRef(ownId)
  useLayoutEffect(() => {
    if (ownId !== undefined && ownId !== known.current) toEnd()
    known.current = ownId
  }, [ownId, toEnd])
}

function useMarkRead(conversation: Conversation, timeline: readonly TimelineItem[], atEnd: boolean): void {
  const attention = useAttention()
  useEffect(() => {
    if (attention && atEnd && timeline.length > 0) conversation.markRead()
  }, [conversation, timeline, attention, atEnd])
}
