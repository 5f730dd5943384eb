import { connect, type Socket } from 'node:net'
import type { Runtime } from '@skein/core'
import { deadline } from './deadline.ts'

export type Dialled =
  | { readonly is: 'connected'; readonly socket: Socket }
  /** `refused`: nobody listens there. */
  | { readonly is: 'refused' | 'unreachable' }

/** A connection to a node. */
export function dial(
  { host, port }: { readonly host: string; readonly port: number },
  withinMs: number,
  runtime: Pick<Runtime, 'clock' | 'timers'>,
): Promise<Dialled> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    // Stays: whoever takes the socket looks at its close, not at its errors.
    socket.on('error', () => undefined)
    const failed = (error?: NodeJS.ErrnoException): void => {
      cancelTimeout()
      socket.destroy()
      resolve({ is: error?.code === 'ECONNREFUSED' ? 'refused' : 'unreachable' })
    }
    const cancelTimeout = deadline(runtime, withinMs, failed)
    socket.once('error', failed)
    socket.once('connect', () => {
      cancelTimeout()
      socket.off('error', failed)
      resolve({ is: 'connected', socket })
    })
  })
}
