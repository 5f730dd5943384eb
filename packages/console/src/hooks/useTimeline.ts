import { useCallback, useSyncExternalStore } from 'react'
import type { Conversation, TimelineItem } from '@skein/sdk'
import { useClient } from './useClient.ts'

export function useTimeline(conversation: Conversation): readonly TimelineItem[] {
  const client = useClient()
  const subscribe = useCallback(
    (changed: () => void) => client.on('timeline', ({ id }) => id === conversation.id && changed()),
    [client, conversation],
  )
  return useSyncExternalStore(subscribe, () => conversation.timeline)
}
