import { useCallback, useState } from 'react'

const keyOf = (user: string, conversation: string): string => `skein.draft.${user}.${conversation}`

/** What was typed and not sent, per conversation; it survives a reload of this window. */
export function useDraft(user: string, conversation: string): readonly [string, (text: string) => void] {
  const key = keyOf(user, conversation)
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '')
  const change = useCallback(
    (next: string) => {
      if (next === '') sessionStorage.removeItem(key)
      else sessionStorage.setItem(key, next)
      setText(next)
    },
    [key],
  )
  return [text, change]
}
