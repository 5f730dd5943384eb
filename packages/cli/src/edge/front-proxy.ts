import { startEdge } from '@skein/edge'
import { systemRuntime } from '@skein/server'
import type { FrontProxy } from '@skein/testkit'

const LOOPBACK = '127.0.0.1'

/** The balancer of `skein up` for nodes that a bench starts: without reports, so by connections. */
export async function openFrontProxy(): Promise<FrontProxy> {
  const edge = await startEdge({
    host: LOOPBACK,
    port: 0,
    runtime: systemRuntime(),
    strategy: 'least-connections',
  })
  return {
    port: edge.port,
    add: ({ name, port }) => edge.add({ name, host: LOOPBACK, port }),
    remove: (name) => edge.remove(name),
    close: () => edge.close(),
  }
}
