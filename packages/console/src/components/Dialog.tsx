import { useEffect, useId, useRef, type ReactNode } from 'react'
import controls from '../styles/controls.module.css'
import styles from './Dialog.module.css'
import { Icon } from './Icon.tsx'

interface Props {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** The browser's own modal dialog: it holds the focus, closes on Escape and gives the focus back. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const element = dialog.current
    if (element?.open === false) element.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      aria-labelledby={titleId}
      className={styles.dialog}
      onClick={(event) => event.target === dialog.current && onClose()}
      onClose={onClose}
      ref={dialog}
    >
      <header className={styles.head}>
        <h2 className={styles.title} id={titleId}>
          {title}
        </h2>
        <button aria-label="Close" className={controls.icon} onClick={onClose} type="button">
          <Icon name="close" />
        </button>
      </header>
      <div className={styles.body}>{children}</div>
    </dialog>
  )
}
