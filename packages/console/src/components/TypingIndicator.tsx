import type { Conversation } from '@skein/sdk'
import { namesOf } from '../directory/demo-users.ts'
import { useTyping } from '../hooks/useTyping.ts'
import styles from './TypingIndicator.module.css'

/** Its place is always there, so that nothing moves when somebody begins to type. */
export function TypingIndicator({ conversation }: { readonly conversation: Conversation }) {
  const users = useTyping(conversation)
  return (
    <div aria-live="off" className={styles.place}>
      {users.length > 0 && (
        <>
          <span aria-hidden="true" className={styles.dots}>
            <i />
            <i />
            <i />
          </span>
          <span data-testid="typing">
            {namesOf(users, 2)} {users.length === 1 ? 'is' : 'are'} typing
          </span>
        </>
      )}
    </div>
  )
}
