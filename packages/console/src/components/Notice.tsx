import styles from './Notice.module.css'

export function Notice({ text }: { readonly text: string | undefined }) {
  return (
    <div className={styles.place} role="status">
      {text !== undefined && <p className={styles.notice}>{text}</p>}
    </div>
  )
}
