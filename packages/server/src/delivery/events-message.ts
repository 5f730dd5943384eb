import { isUserLog, USER_LOG } from '@skein/protocol'
import { Encoded } from './encoded.ts'

/** One `events` frame stays below this, so that a batch never blocks a socket for long. */
export const EVENTS_FRAME_BYTES = 65_536

/** `events` frames out of events that are encoded already. */
export function eventsMessages(conversation: string, json: readonly string[]): Encoded[] {
  const wireId = JSON.stringify(isUserLog(conversation) ? USER_LOG : conversation)
  const messages: Encoded[] = []
  let run: string[] = []
  let bytes = 0
  const close = (): void => {
    if (run.length > 0)
      messages.push(new Encoded(`{"t":"events","conversation":${wireId},"events":[${run.join(',')}]}`))
    run = []
    bytes = 0
  }
  for (const event of json) {
    if (bytes + event.length > EVENTS_FRAME_BYTES) close()
    run.push(event)
    bytes += event.length
  }
  close()
  return messages
}
