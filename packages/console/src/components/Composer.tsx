import { useEffect, useLayoutEffect, useRef, type KeyboardEvent } from 'react'
import type { Conversation } from '@skein/sdk'
import { useClient } from '../hooks/useClient.ts'
import { useConnection } from '../hooks/useConnection.ts'
import { useDraft } from '../hooks/useDraft.ts'
import { useAct } from '../hooks/useNotices.tsx'
import styles from './Composer.module.css'
import { Icon } from './Icon.tsx'

/** Characters; three bytes each at most, so that it stays below the protocol's bound on a body. */
const MOST_CHARACTERS = 5_000

/** On a touch keyboard Enter is the only way to a new line; the button sends. */
const touches = matchMedia('(pointer: coarse)')

export function Composer({ conversation }: { readonly conversation: Conversation }) {
  const { user } = useClient()
  const [text, setText] = useDraft(user, conversation.id)
  const field = useRef<HTMLTextAreaElement>(null)
  const act = useAct()
  const online = useConnection().state === 'online'

  useLayoutEffect(() => {
    const element = field.current
    if (element === null) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight + 2}px`
  }, [text])

  useEffect(() => {
    if (!touches.matches) field.current?.focus()
    return () => conversation.setTyping(false)
  }, [conversation])

  const change = (next: string) => {
    setText(next)
    conversation.setTyping(next.trim() !== '')
  }
  const send = () => {
    const words = text.trim()
    if (words !== '' && act(() => conversation.send(words))) change('')
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends the composition of a Chinese or Japanese word belongs to the input method.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || touches.matches) return
    event.preventDefault()
    send()
  }
  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        aria-label="Message"
        className={styles.field}
        data-testid="composer"
        enterKeyHint={touches.matches ? 'enter' : 'send'}
        maxLength={MOST_CHARACTERS}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder={online ? 'Write a message' : 'Sent once connected'}
        ref={field}
        rows={1}
        value={text}
      />
      <button
        aria-label="Send"
        className={styles.send}
        data-testid="send"
        disabled={text.trim() === ''}
        type="submit"
      >
        <Icon name="send" size={22} />
      </button>
    </form>
  )
}
