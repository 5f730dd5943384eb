import { DEMO_USERS, nameOf } from '../directory/demo-users.ts'
import { Avatar } from './Avatar.tsx'
import { Icon } from './Icon.tsx'
import { OtherUserField } from './OtherUserField.tsx'
import styles from './PersonList.module.css'

interface Props {
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
  /** Who cannot be chosen: oneself, and those who are in already. */
  readonly without: readonly string[]
}

export function PersonChoice({ chosen, onChange, without }: Props) {
  const offered = [
    ...DEMO_USERS.map(({ id }) => id),
    ...chosen.filter((user) => DEMO_USERS.every(({ id }) => id !== user)),
  ]
  const toggle = (user: string) =>
    onChange(chosen.includes(user) ? chosen.filter((other) => other !== user) : [...chosen, user])
  const add = (user: string) => {
    if (!chosen.includes(user) && !without.includes(user)) onChange([...chosen, user])
  }
  return (
    <>
      <ul aria-label="People" className={styles.list}>
        {offered
          .filter((user) => !without.includes(user))
          .map((user) => (
            <li key={user}>
              <button
                aria-checked={chosen.includes(user)}
                className={styles.person}
                data-testid={`choose-${user}`}
                onClick={() => toggle(user)}
                role="checkbox"
                type="button"
              >
                <Avatar id={user} name={nameOf(user)} size={40} />
                <span className={styles.name}>{nameOf(user)}</span>
                <span className={styles.check}>
                  <Icon name="tick" size={14} />
                </span>
              </button>
            </li>
          ))}
      </ul>
      <OtherUserField action="Add" onUser={add} />
    </>
  )
}
