import { useState, type FormEvent } from 'react'
import { namesOf } from '../directory/demo-users.ts'
import { reasonOf, reasonText } from '../format/reason-text.ts'
import { useClient } from '../hooks/useClient.ts'
import { useNotify } from '../hooks/useNotices.tsx'
import { openConversation } from '../hooks/useRoute.ts'
import controls from '../styles/controls.module.css'
import { Dialog } from './Dialog.tsx'
import dialog from './Dialog.module.css'
import { PersonChoice } from './PersonChoice.tsx'

export function NewGroupDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient()
  const notify = useNotify()
  const [title, setTitle] = useState('')
  const [chosen, setChosen] = useState<readonly string[]>([])
  const create = (event: FormEvent) => {
    event.preventDefault()
    try {
      const named = title.trim() === '' ? namesOf([client.user, ...chosen], 4) : title.trim()
      openConversation(client.createGroup({ title: named, members: chosen }).id)
      onClose()
    } catch (error) {
      notify(reasonText(reasonOf(error)))
    }
  }
  return (
    <Dialog onClose={onClose} title="New group">
      <form className={dialog.body} onSubmit={create} style={{ padding: 0, overflow: 'visible' }}>
        <div>
          <label className={controls.label} htmlFor="group-title">
            Name
          </label>
          <input
            autoComplete="off"
            className={controls.field}
            data-testid="group-title"
            id="group-title"
            maxLength={200}
            onChange={(event) => setTitle(event.target.value)}
            placeholder={chosen.length === 0 ? 'What is it about?' : namesOf([client.user, ...chosen], 4)}
            value={title}
          />
        </div>
        <PersonChoice chosen={chosen} onChange={setChosen} without={[client.user]} />
        <div className={dialog.actions}>
          <button className={controls.quiet} onClick={onClose} type="button">
            Cancel
          </button>
          <button
            className={controls.button}
            data-testid="create-group"
            disabled={chosen.length === 0}
            type="submit"
          >
            Create
          </button>
        </div>
      </form>
    </Dialog>
  )
}
