import type { Socket } from 'node:net'
import type { Runtime } from '@skein/core'
import { deadline } from './deadline.ts'
import { readRequestHead, type RequestHead } from './request-head.ts'

type Complete = Extract<RequestHead, { is: 'complete' }>

export type FirstRequest =
  /** `bytes`: all that came, the head and perhaps more. */
  | { readonly is: 'request'; readonly head: Complete; readonly bytes: Buffer }
  | {
      readonly is: 'refused'
      readonly reason: Exclude<RequestHead['is'], 'incomplete' | 'complete'> | 'slowHead'
    }
  | { readonly is: 'gone' }

/** The client's first request. The client is paused then. */
export function readHead(
  client: Socket,
  withinMs: number,
  runtime: Pick<Runtime, 'clock' | 'timers'>,
): Promise<FirstRequest> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0)
    const finish = (found: FirstRequest): void => {
      cancelTimeout()
      client.off('data', onData)
      client.off('end', onGone)
      client.off('close', onGone)
      client.pause()
      resolve(found)
    }
    const cancelTimeout = deadline(runtime, withinMs, () => finish({ is: 'refused', reason: 'slowHead' }))
    const onGone = (): void => finish({ is: 'gone' })
    const onData = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
      const head = readRequestHead(bytes)
      if (head.is === 'incomplete') return
      finish(head.is === 'complete' ? { is: 'request', head, bytes } : { is: 'refused', reason: head.is })
    }
    client.on('data', onData)
    client.once('end', onGone)
    client.once('close', onGone)
  })
}
