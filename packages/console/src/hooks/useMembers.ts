import { useEffect, useState } from 'react'
import type { Conversation, Member } from '@skein/sdk'
import { useLink } from './useConnection.ts'
import { useTimeline } from './useTimeline.ts'

export type MembersState =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly members: readonly Member[] }
  | { readonly state: 'unavailable' }

/** The members of a conversation, asked for again when a change of them is committed. */
export function useMembers(conversation: Conversation): MembersState {
  const [found, setFound] = useState<MembersState>({ state: 'loading' })
  const online = useLink().state === 'online'
  const change = useTimeline(conversation).findLast(
    ({ kind, event }) => event !== undefined && kind !== 'message',
  )?.id
  useEffect(() => {
    let current = true
    conversation.members().then(
      (members) => current && setFound({ state: 'ready', members }),
      () => current && setFound((known) => (known.state === 'ready' ? known : { state: 'unavailable' })),
    )
    return () => {
      current = false
    }
  }, [conversation, online, change])
  return found
}
