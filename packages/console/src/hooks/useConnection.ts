import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import type { ConnectionStatus } from '@skein/sdk'
import { useClient } from './useClient.ts'

/** A connection that is back sooner than this was never away: nobody is told. */
const CALM_MS = 2_000

/** How the connection is right now. For what has to be asked again when it is back. */
export function useLink(): ConnectionStatus {
  const client = useClient()
  const subscribe = useCallback((changed: () => void) => client.on('connection', changed), [client])
  return useSyncExternalStore(subscribe, () => client.connection)
}

export const ConnectionContext = createContext<ConnectionStatus>({ state: 'connecting' })

/** How the connection is in people's eyes. */
export const useConnection = (): ConnectionStatus => useContext(ConnectionContext)

const ONLINE: ConnectionStatus = { state: 'online' }

/** For the context: a short interruption of what was online is passed over. */
export function useCalmConnection(): ConnectionStatus {
  const status = useLink()
  const away = status.state === 'connecting' || status.state === 'waiting'
  const [told, setTold] = useState(away)
  if (!away && told) setTold(false)
  useEffect(() => {
    if (!away || told) return undefined
    const timer = setTimeout(() => setTold(true), CALM_MS)
    return () => clearTimeout(timer)
  }, [away, told])
  return away && !told ? ONLINE : status
}
