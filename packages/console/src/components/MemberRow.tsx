import type { Conversation, Member } from '@skein/sdk'
import { nameOf } from '../directory/demo-users.ts'
import { useClient } from '../hooks/useClient.ts'
import { useAct } from '../hooks/useNotices.tsx'
import controls from '../styles/controls.module.css'
import { Avatar } from './Avatar.tsx'
import { Icon } from './Icon.tsx'
import styles from './PersonList.module.css'

interface Props {
  readonly conversation: Conversation
  readonly member: Member
}

const ROLE_NAMES = { owner: 'Owner', admin: 'Admin', member: 'Member' } as const

/** The owner gives roles; owners and admins remove those below them. */
export function MemberRow({ conversation, member }: Props) {
  const client = useClient()
  const act = useAct()
  const { user, role } = member
  const name = member.name ?? nameOf(user)
  const mine = user === client.user
  const givesRoles = conversation.role === 'owner' && !mine
  const removes =
    !mine && (conversation.role === 'owner' || (conversation.role === 'admin' && role === 'member'))
  return (
    <li className={styles.person} data-testid={`member-${user}`}>
      <Avatar id={user} name={name} size={40} />
      <span className={styles.name}>
        {name}
        {mine && <span className={styles.id}>you</span>}
      </span>
      {givesRoles && role !== 'owner' ? (
        <select
          aria-label={`Role of ${name}`}
          className={styles.select}
          onChange={(event) =>
            act(() => conversation.setRole(user, event.target.value === 'admin' ? 'admin' : 'member'))
          }
          value={role}
        >
          <option value="admin">Admin</option>
          <option value="member">Member</option>
        </select>
      ) : (
        <span className={styles.role}>{ROLE_NAMES[role]}</span>
      )}
      {removes && role !== 'owner' && (
        <button
          aria-label={`Remove ${name}`}
          className={controls.icon}
          onClick={() => act(() => conversation.removeMember(user))}
          type="button"
        >
          <Icon name="close" size={18} />
        </button>
      )}
    </li>
  )
}
