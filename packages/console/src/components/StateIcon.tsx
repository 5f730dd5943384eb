import type { DeliveryState } from '@skein/sdk'
import { Icon } from './Icon.tsx'

const LOOKS = {
  queued: { icon: 'clock', text: 'Waiting to be sent' },
  sent: { icon: 'tick', text: 'Sent' },
  durable: { icon: 'ticks', text: 'Stored safely' },
  stable: { icon: 'ticks', text: 'Stored safely' },
  failed: { icon: 'alert', text: 'Not sent' },
} as const satisfies Record<DeliveryState, object>

/** A clock, one tick, two ticks: how far a message of one's own is. */
export function StateIcon({ state, size = 15 }: { readonly state: DeliveryState; readonly size?: number }) {
  const { icon, text } = LOOKS[state]
  return (
    <span aria-label={text} role="img" style={{ display: 'inline-flex', flex: 'none' }} title={text}>
      <Icon name={icon} size={size} />
    </span>
  )
}
