import { CreateBody, MemberBody, SYSTEM_SENDER, userLogId } from '@skein/protocol'
import type { CommitEntry } from '../../store.ts'

export interface LogKey {
  readonly app: string
  readonly conversation: string
}
export interface UserInConversation extends LogKey {
  readonly user_id: string
}
export interface SendKey extends LogKey {
  readonly sender: string
  readonly client_id: string
}

/** All that must be loaded, under which locks, to decide a batch. */
export interface BatchNeeds {
  readonly logs: readonly LogKey[]
  /** Conversations whose first event may be the answer. */
  readonly created: readonly LogKey[]
  readonly users: readonly UserInConversation[]
  readonly sends: readonly SendKey[]
}

export function needsOf(entries: readonly CommitEntry[]): BatchNeeds {
  const logs = new Map<string, LogKey>()
  const created = new Map<string, LogKey>()
  const users = new Map<string, UserInConversation>()
  const sends = new Map<string, SendKey>()
  for (const entry of entries) {
    const { app, conversation, sender } = entry
    logs.set(`${app}/${conversation}`, { app, conversation })
    if (entry.kind === 'create') created.set(`${app}/${conversation}`, { app, conversation })
    for (const user of [sender, ...usersChangedBy(entry)]) {
      users.set(`${app}/${conversation}/${user}`, { app, conversation, user_id: user })
    }
    for (const user of usersChangedBy(entry))
      logs.set(`${app}/${userLogId(user)}`, { app, conversation: userLogId(user) })
    for (const clientId of [entry.clientId, ...(entry.after === undefined ? [] : [entry.after])]) {
      sends.set(`${app}/${conversation}/${sender}/${clientId}`, {
        app,
        conversation,
        sender,
        client_id: clientId,
      })
    }
  }
  return {
    logs: [...logs.values()],
    created: [...created.values()],
    users: [...users.values()],
    sends: [...sends.values()],
  }
}

/** Whose membership an entry may change, and so whose system logs it may write. */
export function usersChangedBy(entry: CommitEntry): readonly string[] {
  if (entry.kind !== 'create' && entry.kind !== 'member') return []
  let body: unknown
  try {
    body = JSON.parse(entry.body)
  } catch {
    return []
  }
  const sender = entry.sender === SYSTEM_SENDER ? [] : [entry.sender]
  if (entry.kind === 'create') {
    const create = CreateBody.safeParse(body)
    if (!create.success) return []
    const others =
      create.data.type === 'direct' ? [create.data.with] : create.data.members.map(({ user }) => user)
    return [...new Set([...sender, ...others])]
  }
  const member = MemberBody.safeParse(body)
  if (!member.success) return []
  return member.data.change === 'add'
    ? [...new Set(member.data.members.map(({ user }) => user))]
    : [member.data.user]
}
