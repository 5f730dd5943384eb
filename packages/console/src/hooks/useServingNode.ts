import { useEffect, useState } from 'react'
import { useClient } from './useClient.ts'

const LOOK_MS = 250

/** The name of the node that serves this window. A move to another one is told to nobody, so it is looked at. */
export function useServingNode(): string | undefined {
  const client = useClient()
  const [node, setNode] = useState<string | undefined>(undefined)
  useEffect(() => {
    const look = () => setNode(client.connection.state === 'online' ? client.connection.node : undefined)
    look()
    const timer = setInterval(look, LOOK_MS)
    return () => clearInterval(timer)
  }, [client])
  return node
}
