import { isUserLog, USER_LOG } from '@skein/protocol'
import { Encoded } from './encoded.ts'

/** One `events` frame stays below this, so that a batch never blocks a socket for long. */
export const EVENTS_FRAME_BYTES = 65_536

/** `events` frames out of events that are encoded already. */
export function eventsMessages(conversation: string, json: readonly string[]): Encoded[] {
  const wireId = JSON.stringify(isUserLog(conversation) ? USER_LOG : conversation)
  const messages: Encoded[] = []
  for (let from = 0; from < json.length;) {
    const to = endOfRun(json, from)
    const events = to === from + 1 ? json[from] : json.slice(from, to).join(',')
    // Joined and not added up: what is to be copied into a buffer should lie in one piece.
    messages.push(
      new Encoded(['{"t":"events","conversation":', wireId, ',"events":[', events, ']}'].join('')),
    )
    from = to
  }
  return messages
}

/** How far the events that share a frame go; one at least. */
function endOfRun(json: readonly string[], from: number): number {
  let bytes = json[from]?.length ?? 0
  let to = from + 1
  for (; to < json.length; to++) {
    bytes += json[to]?.length ?? 0
    if (bytes > EVENTS_FRAME_BYTES) break
  }
  return to
}
