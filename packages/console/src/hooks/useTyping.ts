import { useCallback, useSyncExternalStore } from 'react'
import type { Conversation } from '@skein/sdk'
import { useClient } from './useClient.ts'

/** Who else is typing. */
export function useTyping(conversation: Conversation): readonly string[] {
  const client = useClient()
  const subscribe = useCallback(
    (changed: () => void) =>
      client.on('typing', (event) => event.conversation === conversation.id && changed()),
    [client, conversation],
  )
  return useSyncExternalStore(subscribe, () => conversation.typing)
}
