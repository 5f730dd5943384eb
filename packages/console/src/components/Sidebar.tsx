import { useState } from 'react'
import { nameOf } from '../directory/demo-users.ts'
import { useClient } from '../hooks/useClient.ts'
import { useTheme } from '../hooks/useTheme.ts'
import controls from '../styles/controls.module.css'
import { Avatar } from './Avatar.tsx'
import { ClusterPanel } from './ClusterPanel.tsx'
import { ConnectionBadge } from './ConnectionBadge.tsx'
import { ConversationList } from './ConversationList.tsx'
import { Icon } from './Icon.tsx'
import { NewChatDialog } from './NewChatDialog.tsx'
import { NewGroupDialog } from './NewGroupDialog.tsx'
import styles from './Sidebar.module.css'

const THEME_ICONS = { system: 'auto', light: 'sun', dark: 'moon' } as const
const THEME_NAMES = { system: 'as the system', light: 'light', dark: 'dark' } as const

interface Props {
  readonly selected: string | undefined
  readonly onSwitchUser: () => void
}

export function Sidebar({ selected, onSwitchUser }: Props) {
  const { user } = useClient()
  const { theme, next } = useTheme()
  const [dialog, setDialog] = useState<'chat' | 'group' | undefined>(undefined)
  const close = () => setDialog(undefined)
  return (
    <aside className={styles.sidebar}>
      <header className={styles.head}>
        <Avatar id={user} name={nameOf(user)} size={40} />
        <div className={styles.me}>
          <h1 className={styles.name}>{nameOf(user)}</h1>
          <ConnectionBadge testId="connection" />
        </div>
        <div className={styles.tools}>
          <button
            aria-label={`Colours: ${THEME_NAMES[theme]}`}
            className={controls.icon}
            onClick={next}
            title={`Colours: ${THEME_NAMES[theme]}`}
            type="button"
          >
            <Icon name={THEME_ICONS[theme]} />
          </button>
          <button
            aria-label="Be somebody else"
            className={controls.icon}
            onClick={onSwitchUser}
            title="Be somebody else"
            type="button"
          >
            <Icon name="leave" />
          </button>
        </div>
      </header>
      <div className={styles.new}>
        <button data-testid="new-chat" onClick={() => setDialog('chat')} type="button">
          <Icon name="write" size={16} /> New chat
        </button>
        <button data-testid="new-group" onClick={() => setDialog('group')} type="button">
          <Icon name="people" size={16} /> New group
        </button>
      </div>
      <ConversationList selected={selected} />
      <ClusterPanel />
      {dialog === 'chat' && <NewChatDialog onClose={close} />}
      {dialog === 'group' && <NewGroupDialog onClose={close} />}
    </aside>
  )
}
