import type { DeliveryState, TimelineItem } from '@skein/sdk'

let made = 0

/** A committed message of Ada unless told otherwise. */
export function timelineItem(part: Partial<TimelineItem> & { readonly text?: string } = {}): TimelineItem {
  made += 1
  const { text, ...rest } = part
  const clientId = rest.clientId ?? `00000000-0000-7000-8000-${String(made).padStart(12, '0')}`
  const sender = rest.sender ?? 'ada'
  const kind = rest.kind ?? 'message'
  const body = rest.body ?? { text: text ?? `message ${made}` }
  const at = rest.at ?? 1_790_000_000_000 + made * 1_000
  const state: DeliveryState = rest.state ?? 'stable'
  const committed = state === 'stable' || state === 'durable'
  return {
    id: `${sender}/${clientId}`,
    clientId,
    conversation: 'c',
    sender,
    kind,
    body,
    at,
    state,
    reason: undefined,
    event: committed
      ? { origin: 'local.1', seq: made, hlc: at * 1_000, sender, clientId, kind, body, count: made, at }
      : undefined,
    ...rest,
  }
}
