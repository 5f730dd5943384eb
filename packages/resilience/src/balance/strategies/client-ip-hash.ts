import { plainAddress, v6Network } from '@skein/core'
import { cheapest } from '../choose.ts'
import { distance } from '../rendezvous.ts'
import { warmWeight, type SlowStart } from '../slow-start.ts'
import type { PickRequest, Strategy } from '../strategy.ts'

/**
 * Clients of one network (IPv4 /24, IPv6 /64) go to the same endpoint, by weight; the key is the address.
 * Networks rather than addresses as in nginx `ip_hash`: an address changes within its network. Unlike
 * there, only the clients of an endpoint that left move (rendezvous hashing).
 */
export const clientIpHash = (slowStart: SlowStart): Strategy => ({
  pick(candidates, request) {
    const key = networkOf(keyOf(request))
    return cheapest(candidates, request.random, (endpoint) =>
      distance(key, endpoint.id, warmWeight(endpoint, request.nowMs, slowStart)),
    )
  },
})

/** Nobody's in particular: anywhere. */
export const keyOf = ({ key, random }: PickRequest): string => key ?? String(random.next())

/** `203.0.113.7` → `203.0.113`; `2001:db8::7` → `2001:db8:0:0`; what is no address stays as it is. */
export function networkOf(address: string): string {
  const plain = plainAddress(address)
  return /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(plain)?.[1] ?? v6Network(plain) ?? address
}
