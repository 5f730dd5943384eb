import { useId, useState } from 'react'
import { isUserId, USER_ID_RULE } from '../directory/demo-users.ts'
import controls from '../styles/controls.module.css'
import styles from './UserPicker.module.css'

interface Props {
  readonly action: string
  readonly onUser: (user: string) => void
}

/** Somebody who is not in the list, by id. Not a form of its own: it also stands inside of forms. */
export function OtherUserField({ action, onUser }: Props) {
  const [user, setUser] = useState('')
  const id = useId()
  const take = () => {
    if (!isUserId(user)) return
    onUser(user)
    setUser('')
  }
  return (
    <div>
      <label className={controls.label} htmlFor={id}>
        Somebody else
      </label>
      <div className={styles.own}>
        <input
          aria-describedby={`${id}-rule`}
          aria-invalid={user !== '' && !isUserId(user)}
          autoCapitalize="none"
          autoComplete="off"
          className={controls.field}
          data-testid="other-user"
          id={id}
          maxLength={128}
          onChange={(event) => setUser(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            take()
          }}
          placeholder="user id"
          spellCheck={false}
          value={user}
        />
        <button className={controls.quiet} disabled={!isUserId(user)} onClick={take} type="button">
          {action}
        </button>
      </div>
      <p className={user !== '' && !isUserId(user) ? controls.error : 'visually-hidden'} id={`${id}-rule`}>
        {USER_ID_RULE}
      </p>
    </div>
  )
}
