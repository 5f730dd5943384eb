import { useState, type FormEvent } from 'react'
import type { Conversation } from '@skein/sdk'
import { useConversations } from '../hooks/useConversations.ts'
import { useMembers } from '../hooks/useMembers.ts'
import { useAct } from '../hooks/useNotices.tsx'
import controls from '../styles/controls.module.css'
import { Dialog } from './Dialog.tsx'
import dialog from './Dialog.module.css'
import { MemberRow } from './MemberRow.tsx'
import { PersonChoice } from './PersonChoice.tsx'
import styles from './PersonList.module.css'
import picker from './UserPicker.module.css'

interface Props {
  readonly conversation: Conversation
  readonly onClose: () => void
}

export function GroupDetails({ conversation, onClose }: Props) {
  useConversations()
  const found = useMembers(conversation)
  const [adding, setAdding] = useState(false)
  const act = useAct()
  const manages = conversation.joined && (conversation.role === 'owner' || conversation.role === 'admin')
  const members = found.state === 'ready' ? found.members : []
  if (adding) {
    return (
      <AddMembers
        conversation={conversation}
        onClose={() => setAdding(false)}
        present={members.map(({ user }) => user)}
      />
    )
  }
  return (
    <Dialog onClose={onClose} title="About this group">
      {manages && <Rename conversation={conversation} />}
      {!manages && <p className={styles.name}>{conversation.title}</p>}
      <ul aria-label="Members" className={styles.list} data-testid="members">
        {members.map((member) => (
          <MemberRow conversation={conversation} key={member.user} member={member} />
        ))}
      </ul>
      {found.state !== 'ready' && (
        <p className={controls.hint}>
          {found.state === 'loading' ? 'Loading…' : 'The members can be seen once connected.'}
        </p>
      )}
      <div className={dialog.actions}>
        {conversation.joined && (
          <button
            className={controls.danger}
            data-testid="leave"
            onClick={() => act(() => conversation.leave()) && onClose()}
            type="button"
          >
            Leave group
          </button>
        )}
        {manages && (
          <button
            className={controls.button}
            data-testid="add-members"
            onClick={() => setAdding(true)}
            type="button"
          >
            Add people
          </button>
        )}
      </div>
    </Dialog>
  )
}

function Rename({ conversation }: { readonly conversation: Conversation }) {
  const [title, setTitle] = useState(conversation.title ?? '')
  const act = useAct()
  const wanted = title.trim()
  const rename = (event: FormEvent) => {
    event.preventDefault()
    act(() => conversation.setTitle(wanted))
  }
  return (
    <form onSubmit={rename}>
      <label className={controls.label} htmlFor="rename">
        Name
      </label>
      <div className={picker.own}>
        <input
          autoComplete="off"
          className={controls.field}
          data-testid="rename"
          id="rename"
          maxLength={200}
          onChange={(event) => setTitle(event.target.value)}
          value={title}
        />
        <button
          className={controls.quiet}
          disabled={wanted === '' || wanted === conversation.title}
          type="submit"
        >
          Rename
        </button>
      </div>
    </form>
  )
}

interface AddProps extends Props {
  readonly present: readonly string[]
}

function AddMembers({ conversation, present, onClose }: AddProps) {
  const [chosen, setChosen] = useState<readonly string[]>([])
  const act = useAct()
  return (
    <Dialog onClose={onClose} title="Add people">
      <PersonChoice chosen={chosen} onChange={setChosen} without={present} />
      <div className={dialog.actions}>
        <button className={controls.quiet} onClick={onClose} type="button">
          Back
        </button>
        <button
          className={controls.button}
          data-testid="add-chosen"
          disabled={chosen.length === 0}
          onClick={() => act(() => conversation.addMembers(chosen)) && onClose()}
          type="button"
        >
          Add
        </button>
      </div>
    </Dialog>
  )
}
