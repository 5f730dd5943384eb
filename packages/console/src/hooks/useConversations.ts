import { useCallback, useSyncExternalStore } from 'react'
import type { Conversation } from '@skein/sdk'
import { useClient } from './useClient.ts'

/** Also re-renders when an unread count, a title or a preview changed. */
export function useConversations(): readonly Conversation[] {
  const client = useClient()
  const subscribe = useCallback((changed: () => void) => client.on('conversations', changed), [client])
  return useSyncExternalStore(subscribe, () => client.conversations())
}
