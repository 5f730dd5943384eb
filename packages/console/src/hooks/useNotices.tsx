import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react'
import type { OutgoingMessage } from '@skein/sdk'
import { Notice } from '../components/Notice.tsx'
import { reasonOf, reasonText } from '../format/reason-text.ts'

const SHOWN_MS = 6_000

const NoticeContext = createContext<(text: string) => void>(() => undefined)

/** Tells the user something for a moment. */
export const useNotify = (): ((text: string) => void) => useContext(NoticeContext)

export function NoticeProvider({ children }: { readonly children: ReactNode }) {
  const [notice, setNotice] = useState<{ readonly text: string } | undefined>(undefined)
  const notify = useCallback((text: string) => setNotice({ text }), [])
  useEffect(() => {
    if (notice === undefined) return undefined
    const timer = setTimeout(() => setNotice(undefined), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [notice])
  return (
    <NoticeContext value={notify}>
      {children}
      <Notice text={notice?.text} />
    </NoticeContext>
  )
}

/**
 * Does something with a conversation and tells when it could not even be queued. True when it was
 * taken; what becomes of it then stands in the timeline.
 */
export function useAct(): (act: () => OutgoingMessage) => boolean {
  const notify = useNotify()
  return useCallback(
    (act) => {
      try {
        act().durable.catch(() => undefined)
        return true
      } catch (error) {
        notify(reasonText(reasonOf(error)))
        return false
      }
    },
    [notify],
  )
}
