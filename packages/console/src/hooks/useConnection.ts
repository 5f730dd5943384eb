import { useCallback, useSyncExternalStore } from 'react'
import type { ConnectionStatus } from '@skein/sdk'
import { useClient } from './useClient.ts'

export function useConnection(): ConnectionStatus {
  const client = useClient()
  const subscribe = useCallback((changed: () => void) => client.on('connection', changed), [client])
  return useSyncExternalStore(subscribe, () => client.connection)
}
