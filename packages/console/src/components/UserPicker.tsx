import { useState, type FormEvent } from 'react'
import { DEMO_USERS, isUserId, USER_ID_RULE } from '../directory/demo-users.ts'
import controls from '../styles/controls.module.css'
import { Avatar } from './Avatar.tsx'
import { Logo } from './Logo.tsx'
import styles from './UserPicker.module.css'

export function UserPicker({ onPick }: { readonly onPick: (user: string) => void }) {
  const [own, setOwn] = useState('')
  const wrong = own !== '' && !isUserId(own)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isUserId(own)) onPick(own)
  }
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.head}>
          <Logo size={36} />
          <span className={styles.brand}>Skein</span>
        </div>
        <h1 className={styles.title}>Who are you?</h1>
        <p className={styles.lead}>Open a second window as somebody else, and let them talk.</p>
        <ul aria-label="Demo users" className={styles.users}>
          {DEMO_USERS.map(({ id, name }) => (
            <li key={id}>
              <button
                className={styles.user}
                data-testid={`user-${id}`}
                onClick={() => onPick(id)}
                type="button"
              >
                <Avatar id={id} name={name} size={52} />
                {name}
              </button>
            </li>
          ))}
        </ul>
        <form onSubmit={submit}>
          <label className={controls.label} htmlFor="own-user">
            Or somebody else
          </label>
          <div className={styles.own}>
            <input
              aria-describedby="own-user-rule"
              aria-invalid={wrong}
              autoCapitalize="none"
              autoComplete="off"
              className={controls.field}
              data-testid="user-own"
              id="own-user"
              maxLength={128}
              onChange={(event) => setOwn(event.target.value)}
              placeholder="user id"
              spellCheck={false}
              value={own}
            />
            <button className={controls.button} disabled={!isUserId(own)} type="submit">
              Continue
            </button>
          </div>
          <p className={`${wrong ? controls.error : controls.hint} ${styles.note}`} id="own-user-rule">
            {USER_ID_RULE}
          </p>
        </form>
      </div>
    </main>
  )
}
