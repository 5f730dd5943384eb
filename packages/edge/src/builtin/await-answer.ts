import type { Socket } from 'node:net'
import type { Cancel, Runtime } from '@skein/core'
import type { AttemptEnd } from '../balance/attempt-end.ts'
import { deadline } from './deadline.ts'

/** What a client may say before it is answered, and what is kept to say it again elsewhere. */
export const MAX_KEPT_BYTES = 65_536

/** All that a client has said and that no node has answered. */
export class Said {
  readonly #chunks: Buffer[] = []
  #bytes = 0

  constructor(head: Buffer) {
    this.add(head)
  }

  /** Too much to be kept: from here on it cannot be said again. */
  get isTooMuch(): boolean {
    return this.#bytes > MAX_KEPT_BYTES
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length
    this.#chunks.push(chunk)
  }

  whole(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

export interface Awaiting {
  readonly client: Socket
  readonly node: Socket
  readonly said: Said
  /** Only of an upgrade may be kept what follows it: behind another request comes the next one. */
  readonly upgrade: boolean
  readonly withinMs: number
  readonly runtime: Pick<Runtime, 'clock' | 'timers'>
  /** Calls back when the node is found to be away. */
  readonly whenLost: (lost: () => void) => Cancel
}

/** `tooMuch`: the client says more than can be said again, so it and the node are left to each other. */
export type AnswerEnd = AttemptEnd | { readonly is: 'tooMuch' }

/**
 * Until the node's first byte: passes on what the client says, and keeps it. Both are paused then, and
 * nothing is lost: the node's first bytes are still to be read.
 */
export function awaitAnswer(awaiting: Awaiting): Promise<AnswerEnd> {
  const { client, node, said, upgrade, withinMs, runtime, whenLost } = awaiting
  const startMs = runtime.clock.monotonicMs()
  const tookMs = (): number => runtime.clock.monotonicMs() - startMs
  return new Promise((resolve) => {
    const finish = (end: AnswerEnd): void => {
      cancelTimeout()
      cancelLost()
      for (const [event, listener] of ofClient) client.off(event, listener)
      for (const [event, listener] of ofNode) node.off(event, listener)
      client.pause()
      node.pause()
      resolve(end)
    }
    const died = (): void => finish({ is: 'died' })
    const onDrain = (): void => void client.resume()
    const onAnswer = (chunk: Buffer): void => {
      finish({ is: 'answered', tookMs: tookMs() })
      node.unshift(chunk)
    }
    const onSaid = (chunk: Buffer): void => {
      said.add(chunk)
      if (!node.write(chunk)) client.pause()
      if (!upgrade || said.isTooMuch) finish({ is: 'tooMuch' })
    }
    const ofClient = [
      ['data', onSaid],
      ['end', () => void node.end()],
      ['close', () => finish({ is: 'clientGone', afterMs: tookMs() })],
    ] as const
    const ofNode = [
      ['data', onAnswer],
      ['drain', onDrain],
      ['end', died],
      ['close', died],
    ] as const
    const cancelTimeout = deadline(runtime, withinMs, () => finish({ is: 'silent' }))
    const cancelLost = whenLost(() => finish({ is: 'lost' }))
    for (const [event, listener] of ofClient) client.on(event, listener)
    for (const [event, listener] of ofNode) node.on(event, listener)
    if (client.readableEnded) node.end()
    if (client.closed) return finish({ is: 'clientGone', afterMs: 0 })
    if (node.closed) return died()
    client.resume()
    node.resume()
  })
}
