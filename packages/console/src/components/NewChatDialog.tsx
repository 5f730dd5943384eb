import { DEMO_USERS, nameOf } from '../directory/demo-users.ts'
import { useClient } from '../hooks/useClient.ts'
import { openConversation } from '../hooks/useRoute.ts'
import { Avatar } from './Avatar.tsx'
import { Dialog } from './Dialog.tsx'
import { OtherUserField } from './OtherUserField.tsx'
import styles from './PersonList.module.css'

export function NewChatDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient()
  const start = (user: string) => {
    if (user === client.user) return
    openConversation(client.direct(user).id)
    onClose()
  }
  return (
    <Dialog onClose={onClose} title="New chat">
      <ul aria-label="People" className={styles.list}>
        {DEMO_USERS.filter(({ id }) => id !== client.user).map(({ id }) => (
          <li key={id}>
            <button
              className={styles.person}
              data-testid={`person-${id}`}
              onClick={() => start(id)}
              type="button"
            >
              <Avatar id={id} name={nameOf(id)} size={40} />
              <span className={styles.name}>{nameOf(id)}</span>
            </button>
          </li>
        ))}
      </ul>
      <OtherUserField action="Start" onUser={start} />
    </Dialog>
  )
}
