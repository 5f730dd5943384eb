import { createContext, useContext } from 'react'
import type { Client } from '@skein/sdk'

export const ClientContext = createContext<Client | undefined>(undefined)

export function useClient(): Client {
  const client = useContext(ClientContext)
  if (client === undefined) throw new Error('useClient needs a ClientContext above it')
  return client
}
