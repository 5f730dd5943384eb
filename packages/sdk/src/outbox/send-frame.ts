import type { Send } from '@skein/protocol'
import type { OutboxEntry } from './storage.ts'

/** The body's text goes out as it was stored, byte for byte: the same at every retry. */
export function encodeSend(entry: OutboxEntry, after: string | undefined, afterHlc: number): string {
  const head: Omit<Send, 'body'> = {
    t: 'send',
    conversation: entry.conversation,
    clientId: entry.clientId,
    kind: entry.kind,
    ...(after !== undefined && { after }),
    ...(afterHlc > 0 && { afterHlc }),
  }
  return `${JSON.stringify(head).slice(0, -1)},"body":${entry.body}}`
}
