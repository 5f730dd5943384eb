import { useConnection } from '../hooks/useConnection.ts'
import { useSecondsUntil } from '../hooks/useSecondsUntil.ts'
import styles from './ConnectionBadge.module.css'

function Waiting({ retryAtMs }: { readonly retryAtMs: number }) {
  const seconds = useSecondsUntil(retryAtMs)
  if (!navigator.onLine) return <>Offline</>
  return seconds > 0 ? <>Reconnecting in {seconds} s</> : <>Reconnecting…</>
}

interface Props {
  /** Only one of those on the page is the one that tests look at. */
  readonly testId?: string
  /** Where there is room: what becomes of what one writes now. */
  readonly reassuring?: boolean
}

export function ConnectionBadge({ testId, reassuring = false }: Props) {
  const connection = useConnection()
  return (
    <div className={styles.badge} data-state={connection.state} data-testid={testId}>
      <span aria-hidden="true" className={styles.dot} />
      <span title={'reason' in connection ? connection.reason : undefined}>
        {connection.state === 'online' && 'Online'}
        {connection.state === 'connecting' && 'Connecting…'}
        {connection.state === 'waiting' && <Waiting retryAtMs={connection.retryAtMs} />}
        {connection.state === 'refused' && 'Not let in. Choose a user again.'}
        {connection.state === 'stopped' && 'Stopped'}
        {reassuring && connection.state !== 'online' && ' · messages kept'}
      </span>
      {!reassuring && (
        <span className="visually-hidden" role="status">
          {connection.state === 'waiting'
            ? 'Disconnected, messages are kept'
            : `Connection ${connection.state}`}
        </span>
      )}
    </div>
  )
}
